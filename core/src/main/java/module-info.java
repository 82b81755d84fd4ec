/** Tensors over libtorch, layers, and files of weights. */
module io.panatorch.core {
    requires io.panatorch.bindings;
    requires com.fasterxml.jackson.core;

    exports io.panatorch.device;
    exports io.panatorch.io;
    exports io.panatorch.nn;
    exports io.panatorch.parallel;
    exports io.panatorch.safetensors;
    exports io.panatorch.tensor;
}

/**
 * The generated bindings of the C shim and the loading of libtorch. Every restricted call of the project is in this
 * module: run with {@code --enable-native-access=io.panatorch.bindings}.
 */
@SuppressWarnings("module") // the module it exports to is compiled after it
module io.panatorch.bindings {
    requires io.panatorch.natives;

    exports io.panatorch.bindings to io.panatorch.core;
    exports io.panatorch.bindings.generated to io.panatorch.core;
}

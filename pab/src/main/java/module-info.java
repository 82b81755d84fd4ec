/** Caching for diffusion transformers: the seam that models call and methods implement, and the methods. */
@SuppressWarnings("module") // the module it exports to is compiled after it
module io.panatorch.pab {
    requires transitive io.panatorch.core;
    requires com.fasterxml.jackson.databind;

    uses io.panatorch.cache.settings.CacheMethodFactory;

    exports io.panatorch.cache;
    exports io.panatorch.cache.calibration;
    exports io.panatorch.cache.faster;
    exports io.panatorch.cache.firstblock;
    exports io.panatorch.cache.magcache;
    exports io.panatorch.cache.pab;
    exports io.panatorch.cache.report;
    exports io.panatorch.cache.settings;
    exports io.panatorch.cache.taylorseer;
    exports io.panatorch.cache.teacache;
    exports io.panatorch.json to io.panatorch.cogvideox;
    exports io.panatorch.svg to io.panatorch.cogvideox;
}

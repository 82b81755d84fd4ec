/** The C shim, as a file that {@code io.panatorch.bindings} unpacks and loads; a module so that it can be on a module path. */
module io.panatorch.natives {}

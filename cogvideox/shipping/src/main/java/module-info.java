/** An application that paints with Panatorch. */
module painter {
    requires io.panatorch.cogvideox;
}

/** Pictures as SVG text, drawn without a window system, a font or a library; for this project's own reports. */
package io.panatorch.svg;

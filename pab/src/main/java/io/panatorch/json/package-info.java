/** Reading JSON files, for the modules of this project alone. */
package io.panatorch.json;

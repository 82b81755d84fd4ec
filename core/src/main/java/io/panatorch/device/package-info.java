/** What the process runs on: which libtorch was loaded, from where, and with how many threads. */
package io.panatorch.device;

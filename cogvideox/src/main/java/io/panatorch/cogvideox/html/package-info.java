/** One page of HTML that needs nothing besides itself: pictures and videos are inside it. */
package io.panatorch.cogvideox.html;

/** One page of HTML that needs nothing besides itself: pictures, videos and the script that shows these apart are inside it. */
package io.panatorch.cogvideox.html;

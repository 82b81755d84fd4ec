package io.panatorch.cache;

/** A site in one branch: what is held, and what is written down, for each by itself. */
record Place(Branch branch, Site site) {}

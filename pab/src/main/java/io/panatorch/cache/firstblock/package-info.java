/**
 * First Block Cache: always compute the first block, and skip the others while what it adds stays about the same.
 *
 * <pre>{@code
 * CacheMethod method = FirstBlockCache.of(0.1);
 * }</pre>
 *
 * <p>The threshold trades speed for likeness: 0 skips only where nothing changes. The first block's own cost is what a skipped
 * step still takes, so the method pays with many blocks.
 *
 * <p>Source: the First Block Cache of <a href="https://github.com/chengzeyi/ParaAttention">ParaAttention</a>, which simplifies
 * TeaCache, arXiv 2411.19108. The semantics are those of diffusers' {@code hooks/first_block_cache.py}, but for a first block
 * that adds nothing (0 / 0): diffusers skips the others then whatever they do, here they are computed.
 */
package io.panatorch.cache.firstblock;

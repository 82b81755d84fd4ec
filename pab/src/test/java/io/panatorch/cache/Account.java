package io.panatorch.cache;

import java.util.List;

/** What a session decided and held at a site, without the times, which are new at every run. */
public record Account(Site site, String decisions, long bytesNow, long bytesPeak) {

    /** Of every site that was visited. */
    public static List<Account> of(CacheStatistics statistics) {
        return statistics.sites().stream()
                .map(each -> new Account(each.site(), each.decisions(), each.bytes().now(), each.bytes().peak()))
                .toList();
    }
}

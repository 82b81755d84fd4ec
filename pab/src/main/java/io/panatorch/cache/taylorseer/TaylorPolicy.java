package io.panatorch.cache.taylorseer;

import io.panatorch.cache.CachePolicy;
import io.panatorch.cache.Forecast;
import io.panatorch.cache.Site;
import io.panatorch.cache.SiteCall;
import io.panatorch.tensor.DType;
import io.panatorch.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One generation. */
final class TaylorPolicy implements CachePolicy {

    private final TaylorSchedule schedule;
    private final Map<Site, Forecast> forecasts = new HashMap<>();

    TaylorPolicy(TaylorSchedule schedule, DType factorsDtype, List<Site> predicted) {
        this.schedule = schedule;
        predicted.forEach(site -> forecasts.put(site, new Forecast(site, factorsDtype)));
    }

    @Override
    public List<Tensor> apply(SiteCall call) {
        Forecast forecast = forecasts.get(call.site());
        if (forecast == null) {
            return call.compute();
        }
        int index = call.step().index();
        int factors = schedule.factorsAfter(index, call.step().count());
        // A site that the model left out of a step may have nothing to predict from.
        if (call.mayReuse() && !schedule.computes(index) && forecast.isHeld(call)) {
            return forecast.predict(call, factors);
        }
        List<Tensor> outputs = call.compute();
        forecast.update(call, outputs, factors);
        return outputs;
    }
}

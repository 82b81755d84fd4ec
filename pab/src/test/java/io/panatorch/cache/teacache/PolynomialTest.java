package io.panatorch.cache.teacache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("pure")
class PolynomialTest {

    private static List<Double> places(int count, double from, double to) {
        return IntStream.range(0, count).mapToObj(i -> from + (to - from) * i / (count - 1)).toList();
    }

    /** At the places that a timestep's embedding changes by, a few hundredths, where powers are next to nothing. */
    @Test
    void findsThePublishedOnesAgain() {
        for (List<Double> published : List.of(TeaCache.COGVIDEOX_2B, TeaCache.COGVIDEOX_5B, TeaCache.COGVIDEOX_1_5_5B)) {
            Polynomial polynomial = new Polynomial(published);
            List<Double> xs = places(49, 0.02, 0.09);
            List<Double> found = Polynomial.fit(xs, xs.stream().map(polynomial::at).toList(), 4).coefficients();
            for (int i = 0; i < published.size(); i++) {
                assertThat(found.get(i) / published.get(i)).isCloseTo(1, offset(1e-6));
            }
        }
    }

    /** No polynomial of the degree is nearer: a little more or less of any power makes the sum of squares larger. */
    @Test
    void isTheNearest() {
        Random random = new Random(7);
        List<Double> xs = places(30, -1, 2);
        List<Double> ys = xs.stream().map(x -> Math.sin(3 * x) + random.nextGaussian()).toList();
        Polynomial fit = Polynomial.fit(xs, ys, 4);
        assertThat(fit.coefficients()).hasSize(5);
        for (int power = 0; power <= 4; power++) {
            for (double change : new double[] {1e-3, -1e-3}) {
                double[] other = fit.coefficients().stream().mapToDouble(Double::doubleValue).toArray();
                other[power] += change;
                assertThat(squares(new Polynomial(DoubleStream.of(other).boxed().toList()), xs, ys)).isGreaterThan(squares(fit, xs, ys));
            }
        }
    }

    private static double squares(Polynomial polynomial, List<Double> xs, List<Double> ys) {
        return IntStream.range(0, xs.size()).mapToDouble(i -> Math.pow(polynomial.at(xs.get(i)) - ys.get(i), 2)).sum();
    }

    @Test
    void isOfALowerDegreeWhereThereAreFewPlaces() {
        assertThat(Polynomial.fit(List.of(0.3), List.of(5.), 4)).isEqualTo(new Polynomial(List.of(5.)));
        assertThat(Polynomial.fit(List.of(0.3, 0.3, 0.3), List.of(4., 5., 6.), 4).coefficients()).singleElement()
                .satisfies(mean -> assertThat(mean).isCloseTo(5, within(1e-12)));
        assertThat(Polynomial.fit(List.of(0., 0.), List.of(1., 3.), 4)).isEqualTo(new Polynomial(List.of(2.)));
        List<Double> line = Polynomial.fit(List.of(1., 3.), List.of(2., 8.), 4).coefficients();
        assertThat(line).hasSize(2);
        assertThat(line.get(0)).isCloseTo(3, within(1e-12));
        assertThat(line.get(1)).isCloseTo(-1, within(1e-12));
    }
}

package io.panatorch.tensor;

import io.panatorch.bindings.Libtorch;
import io.panatorch.bindings.LibtorchLoadException;
import io.panatorch.bindings.NativeFrame;
import io.panatorch.bindings.generated.Panatorch;
import io.panatorch.tensor.OperatorSchema.Kind;
import io.panatorch.tensor.OperatorSchema.Parameter;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Any operator that libtorch has registered, by its name: one without a method on {@link Tensor}, or one of another native
 * library that is loaded into the process.
 *
 * <pre>{@code
 * Tensor sums = Operator.named("aten::cumsum").call(x, 1).tensor();
 * OperatorResult top = Operator.named("aten::topk").with("sorted", false).call(x, 5);
 * Tensor values = top.tensors().get(0);
 * }</pre>
 *
 * <p>libtorch itself says what the operator takes ({@link #schema()}), and every call is checked against that before libtorch is
 * asked: arguments are given in order or {@linkplain #with by name}, as in Python; what is left out has its default. They are
 *
 * <table>
 * <caption>What a parameter takes</caption>
 * <tr><td>{@code Tensor}</td><td>{@link Tensor}</td></tr>
 * <tr><td>{@code int}, {@code SymInt}</td><td>a whole number</td></tr>
 * <tr><td>{@code float}, {@code Scalar}</td><td>a number</td></tr>
 * <tr><td>{@code bool}, {@code str}</td><td>{@link Boolean}, {@link String}</td></tr>
 * <tr><td>{@code ScalarType}, {@code Device}</td><td>{@link DType}, {@link Device}</td></tr>
 * <tr><td>{@code MemoryFormat}, {@code Layout}</td><td>torch's name, such as {@code "channels_last"}; {@code "strided"}</td></tr>
 * <tr><td>{@code Tensor[]}, {@code int[]} and the like</td><td>an array or a {@link List}; of {@code int[2]} one number stands
 * for both</td></tr>
 * <tr><td>{@code Tensor?} and the like</td><td>null too</td></tr>
 * </table>
 *
 * <p>libtorch's C interface cannot pass a {@code Scalar}. Where the same operator has an overload that takes a tensor in its
 * place, as {@code aten::pow.Tensor_Scalar} has in {@code aten::pow.Tensor_Tensor}, that one is called, with the number as a
 * tensor that changes no dtype. Sums with a factor ({@code add_}, {@code addmm}, {@code addcmul}) and activations
 * ({@code leaky_relu}, {@code elu}, {@code softplus}) are computed from others by torch's formula. Where there is neither, and for
 * the other types that cannot be passed (generators, storages, classes), the call is refused with its reason, and nothing is
 * touched.
 *
 * <p>An operator that writes to a tensor, whose name ends with an underscore or that has a parameter {@code out}, does so to all
 * views of its memory; it is refused where that is a mapped file. None of libtorch's own gives a tensor other memory or another
 * shape: a result that goes to {@code out} is computed, then copied, and must have its shape. One of another library may, while nobody
 * else uses that tensor.
 *
 * <p>Schemas can be read from every libtorch that has been tried, 2.10 to 2.14, though nobody has promised that they can from the
 * next. Where they cannot, {@link #named} says so, and {@link #withSchema} takes the caller's word.
 *
 * <p>Immutable; may be used by several threads.
 */
public final class Operator {

    /** By full name, and by schema as it was given. */
    private static final Map<String, Operator> KNOWN = new ConcurrentHashMap<>();

    /** By full name, of operators that take numbers: the overload that takes tensors in their place. */
    private static final Map<String, Optional<Operator>> FOR_TENSORS = new ConcurrentHashMap<>();

    /** By full name, of operators that write their results to tensors given for them: the overload that makes them. */
    private static final Map<String, Optional<Operator>> MAKERS = new ConcurrentHashMap<>();

    /** They give a tensor other memory, sizes or strides while other threads, and other references to it, use what it had. */
    private static final Set<String> EXCHANGES = Set.of("aten::set_", "aten::set_data", "aten::resize_", "aten::resize_as_",
            "aten::resize_as_sparse_", "aten::_resize_output_", "aten::sparse_resize_", "aten::sparse_resize_and_clear_",
            "aten::as_strided_", "aten::squeeze_", "aten::unsqueeze_", "aten::t_", "aten::transpose_", "aten::swapaxes_",
            "aten::swapdims_", "aten::_mkldnn_transpose_", "aten::_copy_from_and_resize", "aten::_cudnn_rnn_flatten_weight");

    private static final String NO_MAKER =
            "no overload of it makes its results, and it would give the tensors that it is given for them other memory";

    private static final String EXCHANGE = "it gives a tensor other memory or sizes, while others may be using those it has";

    private final OperatorSchema schema;
    private final Map<String, Object> keywords;

    /** Why it cannot be called, numbers apart; null where it can. */
    private final String refusal;

    private final boolean writesToOutputs;
    private final List<Consumer<Object[]>> checks;

    private Operator(OperatorSchema schema, String refusal) {
        this.schema = schema;
        this.keywords = Map.of();
        this.refusal = refusal;
        this.writesToOutputs = OperatorOutputs.areIn(schema);
        this.checks = TrustedValues.checks(schema);
    }

    private Operator(Operator other, Map<String, Object> keywords) {
        this.schema = other.schema;
        this.keywords = keywords;
        this.refusal = other.refusal;
        this.writesToOutputs = other.writesToOutputs;
        this.checks = other.checks;
    }

    private static Operator of(OperatorSchema schema) {
        Stream<String> reasons = Stream.of(schema.parameters().stream().map(OperatorArguments::refusal),
                schema.results().stream().map(result -> OperatorResult.refusal(result.type())),
                Stream.of(EXCHANGE).filter(_ -> EXCHANGES.contains(schema.name())),
                TrustedValues.refusal(schema)).flatMap(each -> each);
        return new Operator(schema, reasons.filter(Objects::nonNull).findFirst().orElse(null));
    }

    /**
     * Loads a library that registers operators with libtorch, as {@code torch.ops.load_library} does. It stays loaded.
     *
     * @param library a shared library that needs no other libraries of libtorch than those that are loaded
     * @throws TorchException where it does not open
     */
    public static void loadLibrary(Path library) {
        try {
            CallState.load().open(library);
        } catch (LibtorchLoadException e) {
            throw new TorchException(TorchException.Kind.LOADING, e.getMessage(), e);
        }
    }

    /**
     * {@return the operator of a name}
     *
     * @param name with its namespace and, after a dot, the overload: {@code aten::cumsum}, {@code aten::add.Tensor}
     * @throws TorchException where libtorch has no such operator, or does not tell what it takes
     */
    public static Operator named(String name) {
        Operator known = KNOWN.get(Objects.requireNonNull(name, "name"));
        return known != null ? known : KNOWN.computeIfAbsent(name, Operator::read);
    }

    /**
     * {@return the operator of a schema, for a libtorch that does not tell it}
     *
     * <p>Where libtorch tells, the two must agree: this one's parameters are the first of libtorch's, which may have more with
     * defaults. Where it does not, this one is believed, and a wrong one can end the process.
     *
     * @param schema as libtorch writes it, such as {@code aten::relu(Tensor self) -> Tensor}
     * @throws IllegalArgumentException for what is no schema
     * @throws TorchException where libtorch has no such operator, or it takes something else
     */
    public static Operator withSchema(String schema) {
        Operator known = KNOWN.get(Objects.requireNonNull(schema, "schema"));
        if (known != null) {
            return known;
        }
        OperatorSchema given = OperatorSchema.parse(schema);
        Operator found = CallState.load().has(Panatorch.PT_SCHEMAS()) ? named(given.fullName()) : of(given);
        if (!found.schema.extendsOn(given)) {
            throw TorchException.unsupported(
                    "operator schema '" + schema + "': in this libtorch it is '" + found.schema + "'");
        }
        KNOWN.put(schema, found);
        return found;
    }

    /** {@return its name, without that of the overload} */
    String name() {
        return schema.name();
    }

    /** {@return the tensor that an operator makes: what a method without a function of its own in the shim is made of} */
    static Tensor tensor(String schema, Object... arguments) {
        return withSchema(schema).call(arguments).tensor();
    }

    /** {@return the tensors that an operator makes} */
    static List<Tensor> tensors(String schema, Object... arguments) {
        return withSchema(schema).call(arguments).tensors();
    }

    private static Operator read(String name) {
        Libtorch libtorch = CallState.load();
        if (!libtorch.has(Panatorch.PT_SCHEMAS())) {
            throw TorchException.unsupported("operator " + name + ": libtorch " + libtorch.version() + " does not tell what operators"
                    + " take, so calls cannot be checked; give the schema with Operator.withSchema");
        }
        String text = schemaOf(name).orElseThrow(
                () -> TorchException.unsupported("operator " + name + ": there is none" + OperatorNames.nearTo(name)));
        try {
            return of(OperatorSchema.parse(text));
        } catch (IllegalArgumentException e) {
            throw TorchException.unsupported("operator " + name + " cannot be called: " + e.getMessage());
        }
    }

    private static Optional<String> schemaOf(String name) {
        NativeFrame frame = CallState.ofThread().frame.reset();
        String[] parts = OperatorNames.split(name);
        MemorySegment text = Panatorch.pt_schema(frame.string(parts[0]), frame.string(parts[1]), frame.error());
        return text.address() == 0 ? Optional.empty() : Optional.of(NativeFrame.takeText(text));
    }

    /** {@return what it takes and gives, as libtorch writes it} */
    public String schema() {
        return schema.toString();
    }

    /**
     * {@return this operator with an argument by name, in addition to those that were given so before}
     *
     * @param parameter its name in the schema
     */
    public Operator with(String parameter, Object value) {
        Map<String, Object> all = new HashMap<>(keywords);
        all.put(Objects.requireNonNull(parameter, "parameter"), value);
        return new Operator(this, all);
    }

    /** {@return why no call of it can be made; empty where one can} */
    public Optional<String> refusal() {
        if (refusal != null) {
            return Optional.of(refusal);
        }
        if (writesToOutputs) {
            return maker().map(Operator::refusal).orElse(Optional.of(NO_MAKER));
        }
        return OperatorFormulas.has(schema) || needed().isEmpty() || forTensors().isPresent()
                ? Optional.empty() : Optional.of(OperatorScalars.refusal(schema, needed().getFirst()));
    }

    /** The parameters that are numbers of any kind and not left out. */
    private List<Parameter> needed() {
        return schema.parameters().stream()
                .filter(parameter -> parameter.type().kind() == Kind.SCALAR && !"None".equals(parameter.standard()))
                .toList();
    }

    /**
     * Calls it.
     *
     * @param arguments in the order of the schema, up to where the rest has defaults or is given by name
     * @return what it returns; tensors belong to the innermost open scope
     * @throws IllegalArgumentException where the arguments do not fit the schema
     * @throws TorchException where libtorch refuses, or has no way for an argument
     */
    public OperatorResult call(Object... arguments) {
        // call(null), and call of an array of something, are one argument
        boolean isOne = arguments == null || arguments.getClass() != Object[].class;
        Object[] given = isOne ? new Object[] {arguments} : arguments;
        OperatorArguments bound = OperatorArguments.bind(schema, given, keywords);
        if (refusal != null) {
            throw TorchException.unsupported("operator " + schema.fullName() + " cannot be called: " + refusal);
        }
        return call(bound);
    }

    /** Calls it with values in the forms and the order that {@link OperatorArguments} has them in. */
    OperatorResult callBound(Object[] values) {
        return call(OperatorArguments.of(schema, values));
    }

    private OperatorResult call(OperatorArguments bound) {
        boolean hasNumbers = bound.numbers().findFirst().isPresent();
        if (!hasNumbers && !writesToOutputs) {
            return run(bound);
        }
        for (Tensor operand : bound.operands()) {
            if (operand != null && operand.isClosed()) { // what it is made of would not name it
                throw new ClosedTensorException(schema.shortName() + ": this tensor is closed: " + operand.describe());
            }
        }
        if (writesToOutputs) {
            return OperatorOutputs.call(schema, bound.values, maker().orElseThrow(
                    () -> TorchException.unsupported("operator " + schema.fullName() + " cannot be called: " + NO_MAKER)));
        }
        return OperatorScalars.call(schema, bound, this::forTensors);
    }

    /** {@return what it takes and gives} */
    OperatorSchema parsed() {
        return schema;
    }

    /** The overload that makes its results where this one writes them to tensors that are there. */
    private Optional<Operator> maker() {
        return overload(MAKERS, OperatorOutputs::makesResultsOf);
    }

    /** The overload that takes tensors where this one takes numbers. */
    private Optional<Operator> forTensors() {
        return overload(FOR_TENSORS, OperatorScalars::takesTensorsFor);
    }

    /** Of the overloads that can stand for this one, that with the fewest parameters. */
    private Optional<Operator> overload(Map<String, Optional<Operator>> known, BiPredicate<OperatorSchema, OperatorSchema> canStand) {
        return known.computeIfAbsent(schema.fullName(), _ -> OperatorNames.overloads(schema.name()).stream()
                .map(Operator::named)
                .filter(other -> canStand.test(schema, other.schema))
                .min(Comparator.comparing(other -> other.schema.parameters().size())));
    }

    /** @param arguments without numbers that libtorch's C interface has no way for */
    OperatorResult run(OperatorArguments arguments) {
        checks.forEach(check -> check.accept(arguments.values));
        CallState state = CallState.beginOptional(schema.shortName(), 0, arguments.operands());
        NativeFrame frame = state.frame;
        MemorySegment results = OperatorResult.prepare(schema, frame);
        MemorySegment values = arguments.write(frame);
        boolean isDone = Panatorch.pt_call(frame.string(schema.name()), frame.string(schema.overload()), values,
                arguments.values.length, results, schema.results().size(), state.error()) == 0;
        arguments.forgetWritten();
        if (!isDone) {
            throw state.failure();
        }
        OperatorResult result = OperatorResult.take(schema, results, state);
        state.end();
        return result;
    }

    /** {@return the schema} */
    @Override
    public String toString() {
        return schema();
    }
}

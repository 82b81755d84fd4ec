package io.panatorch.cogvideox.tokenizer;

import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads {@code spiece.model}: a ModelProto of sentencepiece's {@code src/sentencepiece_model.proto}, whose field
 * numbers are used here. What no T5 model has (byte fallback, user-defined pieces and so on) is refused by name.
 */
final class SpieceModel {

    private static final int UNSET = -1;

    private static final int TYPE_NORMAL = 1;
    private static final int TYPE_UNKNOWN = 2;
    private static final int TYPE_CONTROL = 3;
    private static final int TYPE_UNUSED = 5;

    private static final int MODEL_TYPE_UNIGRAM = 1;

    private final Path file;
    private final List<Piece> pieces = new ArrayList<>();
    private int unknownId = UNSET;
    private byte[] charsmap;

    private SpieceModel(Path file) {
        this.file = file;
    }

    /** @param added what the files beside it say */
    static TokenizerFile read(Path file, AddedTokenFiles added) throws IOException {
        SpieceModel model = new SpieceModel(file);
        model.readModel(new ProtobufReader(file, TokenizerBytes.readFile(file)));
        return model.toTokenizerFile(added);
    }

    private void readModel(ProtobufReader model) throws InvalidFileException {
        while (model.next()) {
            switch (model.field()) {
                case 1 -> readPiece(model.message());
                case 2 -> readTrainerSpec(model.message());
                case 3 -> readNormalizerSpec(model.message());
                default -> model.skip();
            }
        }
    }

    private void readPiece(ProtobufReader message) throws InvalidFileException {
        String text = "";
        float score = 0;
        long type = TYPE_NORMAL;
        while (message.next()) {
            switch (message.field()) {
                case 1 -> text = message.string();
                case 2 -> score = message.float32();
                case 3 -> type = message.varint();
                default -> message.skip();
            }
        }
        String where = "pieces[" + pieces.size() + "]";
        if (type == TYPE_UNKNOWN) {
            if (unknownId != UNSET) {
                throw Problem.damaged(file, where, "no second unknown piece", "one, after pieces[" + unknownId + "]");
            }
            unknownId = pieces.size();
        } else if (type != TYPE_NORMAL && type != TYPE_CONTROL && type != TYPE_UNUSED) {
            String expected = "type 1 (normal), 2 (unknown), 3 (control) or 5 (unused)";
            throw Problem.unsupported(file, where, expected, "type " + type);
        }
        pieces.add(new Piece(text, score, type == TYPE_NORMAL));
    }

    private void readTrainerSpec(ProtobufReader spec) throws InvalidFileException {
        while (spec.next()) {
            switch (spec.field()) {
                case 3 -> {
                    long type = spec.varint();
                    if (type != MODEL_TYPE_UNIGRAM) {
                        throw Problem.unsupported(file, "trainer_spec.model_type", "1 (unigram)", "" + type);
                    }
                }
                case 24 -> expect("trainer_spec.treat_whitespace_as_suffix", false, spec.bool());
                case 35 -> expect("trainer_spec.byte_fallback", false, spec.bool());
                default -> spec.skip();
            }
        }
    }

    private void readNormalizerSpec(ProtobufReader spec) throws InvalidFileException {
        while (spec.next()) {
            switch (spec.field()) {
                case 2 -> charsmap = spec.bytes();
                case 3 -> expect("normalizer_spec.add_dummy_prefix", true, spec.bool());
                case 4 -> expect("normalizer_spec.remove_extra_whitespaces", true, spec.bool());
                case 5 -> expect("normalizer_spec.escape_whitespaces", true, spec.bool());
                default -> spec.skip();
            }
        }
    }

    private void expect(String where, boolean expected, boolean found) throws InvalidFileException {
        if (found != expected) {
            throw Problem.unsupported(file, where, "" + expected, "" + found);
        }
    }

    private TokenizerFile toTokenizerFile(AddedTokenFiles added) throws InvalidFileException {
        if (pieces.isEmpty()) {
            throw Problem.damaged(file, "pieces", "a vocabulary", "no piece");
        }
        if (unknownId == UNSET) {
            throw Problem.damaged(file, "pieces", "a piece of type 2 (unknown)", "none");
        }
        if (charsmap == null) {
            throw Problem.damaged(file, "normalizer_spec.precompiled_charsmap", "a character map", "none");
        }
        Vocabulary vocabulary = Vocabulary.of(file, "pieces", pieces, unknownId);
        Normalizer normalizer = Normalizer.of(file, "normalizer_spec.precompiled_charsmap", charsmap);
        return new TokenizerFile(vocabulary, normalizer, tokens(vocabulary, added));
    }

    private List<AddedToken> tokens(Vocabulary vocabulary, AddedTokenFiles added) throws InvalidFileException {
        Map<String, Integer> ids = new HashMap<>(vocabulary.ids());
        TokenizerFile.checkTokens(file, "pieces", ids);
        List<AddedToken> own = new ArrayList<>();
        for (String text : List.of(pieces.get(unknownId).text(), TokenizerFile.END, TokenizerFile.PADDING)) {
            own.add(AddedToken.special(text, ids.get(text)));
        }
        for (int i = 0; i < added.extraIds(); i++) {
            // T5 numbers its sentinels from the end of the vocabulary: <extra_id_0> is the last id.
            String text = "<extra_id_" + i + ">";
            int id = vocabulary.size() + added.extraIds() - 1 - i;
            if (ids.putIfAbsent(text, id) != null) {
                throw Problem.unsupported(file, "pieces", "no piece " + text, "one");
            }
            own.add(AddedToken.special(text, id));
        }
        return added.complete(ids, own);
    }
}

package io.panatorch.cogvideox.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import io.panatorch.io.InvalidFileException;
import io.panatorch.json.JsonFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads {@code tokenizer.json}, the format of huggingface/tokenizers, as transformers writes it for T5: a Precompiled
 * normalizer, Metaspace, a Unigram model and added tokens.
 *
 * <p>Only the data is taken from it. The text is treated by SentencePiece's rules, from which that library differs in a
 * few details (white space that the map keeps, combining marks), so that either file of a folder gives the same ids.
 */
final class TokenizerJson {

    private final Path file;
    private final JsonNode root;

    private TokenizerJson(Path file, JsonNode root) {
        this.file = file;
        this.root = root;
    }

    static TokenizerJson parse(Path file) throws IOException {
        return new TokenizerJson(file, JsonFile.parse(file, TokenizerBytes.readFile(file)));
    }

    /** @param added what this file and those beside it say */
    TokenizerFile read(AddedTokenFiles added) throws InvalidFileException {
        JsonNode model = root.path("model");
        expectType("model.", model, "Unigram");
        if (model.path("byte_fallback").asBoolean()) {
            throw Problem.unsupported(file, "model.byte_fallback", "false", "true");
        }
        checkPreTokenizer();
        JsonNode vocab = model.path("vocab");
        if (!vocab.isArray() || vocab.isEmpty()) {
            throw Problem.damaged(file, "model.vocab", "an array of pieces", JsonFile.shown(vocab));
        }
        int unknownId = unknownId(model, vocab.size());
        Vocabulary vocabulary = readVocabulary(vocab, unknownId, added.specials());
        List<AddedToken> tokens = added.complete(vocabulary.ids(), List.of());
        Map<String, AddedToken> byContent = new HashMap<>();
        tokens.forEach(token -> byContent.put(token.content(), token));
        TokenizerFile.checkTokens(file, "added_tokens", byContent);
        return new TokenizerFile(vocabulary, readNormalizer(), tokens);
    }

    private Vocabulary readVocabulary(JsonNode vocab, int unknownId, Set<String> specials) throws InvalidFileException {
        List<Piece> pieces = new ArrayList<>(vocab.size());
        for (JsonNode entry : vocab) {
            if (entry.size() != 2 || !entry.path(0).isTextual() || !entry.path(1).isNumber()) {
                String where = "model.vocab[" + pieces.size() + "]";
                throw Problem.damaged(file, where, "a [text, score] pair", JsonFile.shown(entry));
            }
            String text = entry.path(0).textValue();
            // The library would let normalised text ("</s>" from full-width letters) match these, at score 0.
            boolean normal = pieces.size() != unknownId && !specials.contains(text);
            pieces.add(new Piece(text, (float) entry.path(1).doubleValue(), normal));
        }
        return Vocabulary.of(file, "model.vocab", pieces, unknownId);
    }

    /** The added tokens of this file, which is also asked for them where {@code spiece.model} has the vocabulary. */
    List<AddedTokenFiles.Declared> addedTokens() throws InvalidFileException {
        JsonNode tokens = root.path("added_tokens");
        if (!tokens.isArray()) {
            throw Problem.damaged(file, "added_tokens", "an array", JsonFile.shown(tokens));
        }
        List<AddedTokenFiles.Declared> declared = new ArrayList<>();
        for (JsonNode token : tokens) {
            String where = "added_tokens[" + declared.size() + "]";
            int id = AddedToken.id(file, where + ".id", token.path("id"));
            declared.add(new AddedTokenFiles.Declared(file, where, AddedToken.read(file, where, token, id)));
        }
        return declared;
    }

    private Normalizer readNormalizer() throws InvalidFileException {
        JsonNode normalizer = root.path("normalizer");
        String where = "normalizer.";
        if ("Sequence".equals(normalizer.path("type").textValue())) {
            // Older writers add Strip and Replace, which spell out SentencePiece's own removal of extra white space.
            normalizer = normalizer.path("normalizers").path(0);
            where = "normalizer.normalizers[0].";
        }
        expectType(where, normalizer, "Precompiled");
        String base64 = text(where, normalizer, "precompiled_charsmap");
        where += "precompiled_charsmap";
        byte[] charsmap;
        try {
            charsmap = Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw Problem.damaged(file, where, "base64", JsonFile.oneLine(e.getMessage()), e);
        }
        return Normalizer.of(file, where, charsmap);
    }

    private void checkPreTokenizer() throws InvalidFileException {
        JsonNode metaspace = root.path("pre_tokenizer");
        String where = "pre_tokenizer.";
        if ("Sequence".equals(metaspace.path("type").textValue())) {
            JsonNode steps = metaspace.path("pretokenizers");
            expectType("pre_tokenizer.pretokenizers[0].", steps.path(0), "WhitespaceSplit");
            metaspace = steps.path(1);
            where = "pre_tokenizer.pretokenizers[1].";
        }
        expectType(where, metaspace, "Metaspace");
        String replacement = text(where, metaspace, "replacement");
        if (!replacement.equals("\u2581")) {
            throw Problem.unsupported(file, where + "replacement", "U+2581", JsonFile.oneLine(replacement));
        }
        // Before prepend_scheme there was add_prefix_space; both default to what T5 uses.
        String scheme = metaspace.path("prepend_scheme").asText("always");
        if (!scheme.equals("always") || !metaspace.path("add_prefix_space").asBoolean(true)) {
            throw Problem.unsupported(file, where + "prepend_scheme", "always", JsonFile.oneLine(scheme));
        }
    }

    private String text(String where, JsonNode object, String name) throws InvalidFileException {
        JsonNode node = object.path(name);
        if (!node.isTextual()) {
            throw Problem.damaged(file, where + name, "a string", JsonFile.shown(node));
        }
        return node.textValue();
    }

    private int unknownId(JsonNode model, int pieces) throws InvalidFileException {
        JsonNode node = model.path("unk_id");
        if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 0 || node.intValue() >= pieces) {
            throw Problem.damaged(file, "model.unk_id", "a whole number from 0 to " + (pieces - 1), JsonFile.shown(node));
        }
        return node.intValue();
    }

    private void expectType(String where, JsonNode object, String type) throws InvalidFileException {
        if (!type.equals(object.path("type").textValue())) {
            throw Problem.unsupported(file, where + "type", type, JsonFile.shown(object.path("type")));
        }
    }
}

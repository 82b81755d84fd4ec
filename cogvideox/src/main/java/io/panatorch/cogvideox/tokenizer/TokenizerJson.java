package io.panatorch.cogvideox.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import io.panatorch.cogvideox.config.JsonFile;
import io.panatorch.io.InvalidFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

    static TokenizerFile read(Path file) throws IOException {
        return new TokenizerJson(file, JsonFile.parse(file, TokenizerBytes.readFile(file))).toTokenizerFile();
    }

    private TokenizerFile toTokenizerFile() throws InvalidFileException {
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
        Map<String, Integer> specialIds = readAddedTokens(vocab.size());
        TokenizerFile.checkSpecialTokens(file, "added_tokens", specialIds);
        int unknownId = integer("model.", model, "unk_id", vocab.size() - 1);
        Vocabulary vocabulary = readVocabulary(vocab, unknownId, specialIds);
        int vocabSize = checkIds(vocabulary, specialIds);
        return new TokenizerFile(vocabulary, readNormalizer(), specialIds, vocabSize);
    }

    private Vocabulary readVocabulary(JsonNode vocab, int unknownId, Map<String, Integer> specialIds)
            throws InvalidFileException {
        List<Piece> pieces = new ArrayList<>(vocab.size());
        for (JsonNode entry : vocab) {
            if (entry.size() != 2 || !entry.path(0).isTextual() || !entry.path(1).isNumber()) {
                String where = "model.vocab[" + pieces.size() + "]";
                throw Problem.damaged(file, where, "a [text, score] pair", JsonFile.shown(entry));
            }
            String text = entry.path(0).textValue();
            // The library would let normalised text ("</s>" from full-width letters) match these, at score 0.
            boolean normal = pieces.size() != unknownId && !specialIds.containsKey(text);
            pieces.add(new Piece(text, (float) entry.path(1).doubleValue(), normal));
        }
        return Vocabulary.of(file, "model.vocab", pieces, unknownId);
    }

    private Map<String, Integer> readAddedTokens(int pieces) throws InvalidFileException {
        JsonNode tokens = root.path("added_tokens");
        if (!tokens.isArray()) {
            throw Problem.damaged(file, "added_tokens", "an array", JsonFile.shown(tokens));
        }
        Map<String, Integer> specialIds = new HashMap<>();
        for (int i = 0; i < tokens.size(); i++) {
            String where = "added_tokens[" + i + "].";
            JsonNode token = tokens.path(i);
            String content = text(where, token, "content");
            int id = integer(where, token, "id", pieces + tokens.size() - 1);
            for (String flag : new String[] {"normalized", "single_word"}) {
                if (token.path(flag).asBoolean()) {
                    throw Problem.unsupported(file, where + flag, "false", "true");
                }
            }
            if (content.isEmpty() || specialIds.put(content, id) != null) {
                String found = content.isEmpty() ? "an empty one" : "one that came before";
                throw Problem.damaged(file, where + "content", "a text of its own", found);
            }
        }
        return specialIds;
    }

    /** The number of ids, after a check that no two texts share one. */
    private int checkIds(Vocabulary vocabulary, Map<String, Integer> specialIds) throws InvalidFileException {
        int vocabSize = vocabulary.size();
        Map<Integer, String> beyond = new HashMap<>();
        for (Map.Entry<String, Integer> special : specialIds.entrySet()) {
            int id = special.getValue();
            boolean taken = id < vocabulary.size()
                    ? !special.getValue().equals(vocabulary.id(special.getKey()))
                    : beyond.put(id, special.getKey()) != null || vocabulary.id(special.getKey()) != null;
            if (taken) {
                String where = "added_tokens, " + JsonFile.oneLine(special.getKey());
                throw Problem.damaged(file, where, "the id of model.vocab, or a new one", "" + id);
            }
            vocabSize = Math.max(vocabSize, id + 1);
        }
        return vocabSize;
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

    /** A whole number, at least 0 and at most {@code max}. */
    private int integer(String where, JsonNode object, String name, int max) throws InvalidFileException {
        JsonNode node = object.path(name);
        if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 0 || node.intValue() > max) {
            throw Problem.damaged(file, where + name, "a whole number from 0 to " + max, JsonFile.shown(node));
        }
        return node.intValue();
    }

    private void expectType(String where, JsonNode object, String type) throws InvalidFileException {
        if (!type.equals(object.path("type").textValue())) {
            throw Problem.unsupported(file, where + "type", type, JsonFile.shown(object.path("type")));
        }
    }
}

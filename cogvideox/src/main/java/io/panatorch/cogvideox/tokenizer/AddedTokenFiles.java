package io.panatorch.cogvideox.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import io.panatorch.cogvideox.config.ConfigFile;
import io.panatorch.io.InvalidFileException;
import io.panatorch.json.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the files beside a vocabulary say of added tokens, as transformers reads them: where {@code tokenizer_config.json} has
 * {@code added_tokens_decoder}, that list is the one; else those of {@code tokenizer.json} and {@code added_tokens.json} are,
 * in this order. What another file says besides must be the same: transformers would pass over it, here the first difference
 * is refused by name.
 */
final class AddedTokenFiles {

    private static final String CONFIG = "tokenizer_config.json";
    private static final String DECODER = "added_tokens_decoder";
    private static final int DEFAULT_EXTRA_IDS = 100;

    /** Far above what any T5 has; a limit so that a hostile file cannot fill the memory. */
    private static final int MAX_EXTRA_IDS = 10_000;

    /** The tokens that this tokenizer itself sets; a file may name no others for them. */
    private static final Map<String, String> OF_T5 = Map.of(
            "eos_token", TokenizerFile.END, "pad_token", TokenizerFile.PADDING, "unk_token", "<unk>");
    private static final List<String> LISTS = List.of("additional_special_tokens", "extra_special_tokens");

    /** A token and where a file says it. */
    record Declared(Path file, String where, AddedToken token) {}

    /** A special token that a file names without an id. */
    record Named(Path file, String key, String content) {}

    private final Map<String, Declared> tokens = new HashMap<>();
    private final List<Named> named = new ArrayList<>();
    private int extraIds = DEFAULT_EXTRA_IDS;
    private boolean decoded;

    private AddedTokenFiles() {}

    /** @param json the folder's {@code tokenizer.json}, or null where there is none */
    static AddedTokenFiles read(Path folder, TokenizerJson json) throws IOException {
        AddedTokenFiles files = new AddedTokenFiles();
        Path config = folder.resolve(CONFIG);
        if (Files.exists(config)) {
            files.readConfig(config);
        }
        Path specials = folder.resolve("special_tokens_map.json");
        if (Files.exists(specials)) {
            files.readNames(specials, JsonFile.parse(specials, TokenizerBytes.readFile(specials)));
        }
        if (json != null) {
            for (Declared token : json.addedTokens()) {
                files.add(token);
            }
        }
        Path added = folder.resolve("added_tokens.json");
        if (Files.exists(added)) {
            files.readAdded(added);
        }
        return files;
    }

    private void readConfig(Path file) throws IOException {
        ConfigFile config = ConfigFile.read(file);
        extraIds = config.integer("extra_ids", DEFAULT_EXTRA_IDS, 0);
        if (extraIds > MAX_EXTRA_IDS) {
            throw config.invalid("extra_ids", "at most " + MAX_EXTRA_IDS);
        }
        JsonNode root = JsonFile.parse(file, TokenizerBytes.readFile(file));
        readNames(file, root);
        JsonNode decoder = root.path(DECODER);
        decoded = !decoder.isMissingNode();
        if (decoded && !decoder.isObject()) {
            throw Problem.damaged(file, DECODER, "an object", JsonFile.shown(decoder));
        }
        for (Map.Entry<String, JsonNode> entry : decoder.properties()) {
            String where = DECODER + "[" + JsonFile.oneLine(entry.getKey()) + "]";
            JsonNode id = entry.getKey().matches("\\d{1,9}") ? IntNode.valueOf(Integer.parseInt(entry.getKey())) : root;
            add(new Declared(file, where, AddedToken.read(file, where, entry.getValue(), AddedToken.id(file, where, id))));
        }
    }

    /** Without flags of its own, a token of this file is special where another one names it so. */
    private void readAdded(Path file) throws IOException {
        Set<String> specials = new HashSet<>();
        named.forEach(token -> specials.add(token.content()));
        for (Map.Entry<String, JsonNode> entry : JsonFile.parse(file, TokenizerBytes.readFile(file)).properties()) {
            String content = entry.getKey();
            String where = JsonFile.oneLine(content);
            if (content.isEmpty()) {
                throw Problem.damaged(file, "a key", "a text of its own", "an empty one");
            }
            boolean special = specials.contains(content);
            int id = AddedToken.id(file, where, entry.getValue());
            add(new Declared(file, where, new AddedToken(content, id, false, false, false, !special, special)));
        }
    }

    private void add(Declared found) throws InvalidFileException {
        Declared first = tokens.putIfAbsent(found.token().content(), found);
        if (first != null && first.file().equals(found.file())) {
            throw Problem.damaged(found.file(), found.where() + ".content", "a text of its own", "one that came before");
        }
        if (first != null && first.token().id() != found.token().id()) {
            throw Problem.contradiction(found.file(), found.where(), "the id " + first.token().id() + " that "
                    + first.file().getFileName() + " gives " + JsonFile.oneLine(found.token().content()),
                    "" + found.token().id());
        }
    }

    /** Notes the special tokens that a file names, by which transformers knows them without an id. */
    private void readNames(Path file, JsonNode root) throws InvalidFileException {
        for (Map.Entry<String, JsonNode> entry : root.properties()) {
            String key = entry.getKey();
            if (key.endsWith("_token")) {
                name(file, key, entry.getValue());
            } else if (LISTS.contains(key)) {
                for (JsonNode token : entry.getValue()) { // an object has its tokens under names of their own
                    name(file, key, token);
                }
            }
        }
    }

    private void name(Path file, String key, JsonNode token) throws InvalidFileException {
        JsonNode content = token.isObject() ? token.path("content") : token;
        if (!content.isTextual()) {
            return; // add_bos_token and its like are no tokens, and null is none
        }
        String expected = OF_T5.getOrDefault(key, content.textValue());
        if (!content.textValue().equals(expected)) {
            throw Problem.unsupported(file, key, expected, JsonFile.oneLine(content.textValue()));
        }
        named.add(new Named(file, key, content.textValue()));
    }

    /** How many {@code <extra_id_N>} follow the pieces of {@code spiece.model}. */
    int extraIds() {
        return extraIds;
    }

    /** The contents of those that have a meaning of their own. */
    Set<String> specials() {
        Set<String> specials = new HashSet<>();
        tokens.forEach((content, found) -> {
            if (found.token().special()) {
                specials.add(content);
            }
        });
        return specials;
    }

    /**
     * All tokens that are found literally, after a check that ids are those that transformers gives: a token that is a piece
     * has the piece's, and the others follow the pieces one by one.
     *
     * @param pieces the id of each piece; read only
     * @param own the tokens that the tokenizer has whatever the files say
     */
    List<AddedToken> complete(Map<String, Integer> pieces, List<AddedToken> own) throws InvalidFileException {
        Map<String, AddedToken> all = new HashMap<>();
        own.forEach(token -> all.put(token.content(), token));
        int next = pieces.size();
        for (Declared found : tokens.values().stream().sorted((a, b) -> a.token().id() - b.token().id()).toList()) {
            AddedToken token = found.token();
            Integer piece = pieces.get(token.content());
            if (piece == null) {
                requireDecoded(found);
            }
            int expected = piece != null ? piece : next++;
            if (token.id() != expected) {
                throw Problem.contradiction(found.file(), found.where(), "the id " + expected + (piece != null
                        ? " of the piece " + JsonFile.oneLine(token.content())
                        : ", the next after all others"), "" + token.id());
            }
            all.put(token.content(), token);
        }
        for (Named special : named) {
            if (!all.containsKey(special.content()) && !pieces.containsKey(special.content())) {
                throw Problem.contradiction(special.file(), special.key(), "a token to which added_tokens.json or " + DECODER
                        + " in " + CONFIG + " gives an id", JsonFile.oneLine(special.content()));
            }
        }
        return List.copyOf(all.values());
    }

    private void requireDecoded(Declared found) throws InvalidFileException {
        if (decoded && !found.file().endsWith(CONFIG)) {
            throw Problem.contradiction(found.file(), found.where(), "a token that " + CONFIG + " has in " + DECODER
                    + ", which goes first", JsonFile.oneLine(found.token().content()));
        }
    }
}

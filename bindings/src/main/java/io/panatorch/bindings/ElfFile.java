package io.panatorch.bindings;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * A shared library's file, looked at before the system's loader maps it: where a file is cut off, as an interrupted copy
 * or download leaves it, or its tables are zeros, that one ends the process and reports nothing. A few kilobytes are read,
 * those that lead the loader through the file; what is damaged elsewhere stays unseen.
 */
final class ElfFile {

    private static final Path SELF = Path.of("/proc/self/exe");

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int MAGIC = 0x464c457f; // 0x7f and "ELF"
    private static final int CLASS_64_LITTLE_ENDIAN = 0x0102;

    // Where things are in the file's header.
    private static final int HEADER_SIZE = 64;
    private static final int CLASS_AND_ORDER = 4;
    private static final int MACHINE = 18;
    private static final int SEGMENTS = 32;
    private static final int SECTIONS = 40;
    private static final int SEGMENT_COUNT = 56;
    private static final int SECTION_SIZE = 58;
    private static final int SECTION_COUNT = 60;

    // Where things are in the header of a segment, which is a part that is mapped to an address; and kinds of segments.
    private static final int SEGMENT_SIZE = 56;
    private static final int OFFSET = 8;
    private static final int ADDRESS = 16;
    private static final int SIZE_IN_FILE = 32;
    private static final int LOADED = 1;
    private static final int DYNAMIC = 2;

    // The dynamic segment has a tag and a number in each entry, and a null tag at its end.
    private static final int ENTRY_SIZE = 16;
    private static final int NEEDED = 1;
    private static final int STRINGS = 5;
    private static final int SYMBOLS = 6;
    private static final int RPATH = 15;
    private static final int RUNPATH = 29;

    private final MemorySegment file;

    private ElfFile(MemorySegment file) {
        this.file = file;
    }

    /**
     * Why the loader must not see a library: the file and what is wrong with it, this one or one that it takes along from a
     * folder that it names. Empty where nothing is, and where the loader finds the words itself: for what is no library, say.
     */
    static Optional<String> damage(Path library) {
        return damage(library, new HashSet<>());
    }

    private static Optional<String> damage(Path library, Set<Path> seen) {
        List<Path> needed;
        try (Arena arena = Arena.ofConfined()) {
            Path real = library.toRealPath();
            ElfFile file = new ElfFile(map(real, arena));
            if (!seen.add(real) || !file.isElf()) {
                return Optional.empty();
            }
            Optional<String> damage = file.damage();
            if (damage.isPresent()) {
                return damage.map(text -> library + ": " + text);
            }
            needed = file.needed(library.toAbsolutePath().getParent());
        } catch (IOException | InvalidPathException e) {
            return Optional.empty(); // the loader cannot read it either
        } catch (IndexOutOfBoundsException e) {
            return Optional.of(library + ": it is damaged, its tables point out of the file; copy it anew");
        }
        return needed.stream().flatMap(each -> damage(each, seen).stream()).findFirst();
    }

    private static MemorySegment map(Path path, Arena arena) throws IOException {
        try (FileChannel channel = FileChannel.open(path)) {
            return channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
        }
    }

    private boolean isElf() {
        return file.byteSize() >= HEADER_SIZE && file.get(INT, 0) == MAGIC
                && file.get(SHORT, CLASS_AND_ORDER) == CLASS_64_LITTLE_ENDIAN;
    }

    private Optional<String> damage() {
        long expected = expectedSize();
        if (expected > file.byteSize()) {
            return Optional.of("it is cut off: it has " + file.byteSize() + " bytes, expected " + expected
                    + " by its own header; copy it anew");
        }
        if (entries(STRINGS).findAny().isEmpty() || entries(SYMBOLS).findAny().isEmpty()) {
            return Optional.of("it is damaged, it names no table of symbols; copy it anew");
        }
        if (!isForThisMachine()) { // of which the loader says that there is no such file
            return Optional.of("it is for another kind of processor than this one, " + System.getProperty("os.arch"));
        }
        return Optional.empty();
    }

    private boolean isForThisMachine() {
        try (Arena arena = Arena.ofConfined()) {
            return map(SELF, arena).get(SHORT, MACHINE) == file.get(SHORT, MACHINE);
        } catch (IOException e) {
            return true; // not to be known
        }
    }

    /** Where the last of its parts ends, in most files the table of sections. */
    private long expectedSize() {
        long tables = Math.max(file.get(LONG, SECTIONS) + (long) number(SECTION_COUNT) * number(SECTION_SIZE),
                file.get(LONG, SEGMENTS) + (long) number(SEGMENT_COUNT) * SEGMENT_SIZE);
        if (tables > file.byteSize()) {
            return tables;
        }
        return Math.max(tables, segments(LOADED)
                .map(at -> file.get(LONG, at + OFFSET) + file.get(LONG, at + SIZE_IN_FILE))
                .max().orElse(0));
    }

    private int number(long at) {
        return Short.toUnsignedInt(file.get(SHORT, at));
    }

    /** Where the headers of the segments of a kind are. */
    private LongStream segments(int kind) {
        long first = file.get(LONG, SEGMENTS);
        return LongStream.range(0, number(SEGMENT_COUNT))
                .map(i -> first + i * SEGMENT_SIZE)
                .filter(at -> file.get(INT, at) == kind);
    }

    /** The numbers of the dynamic segment's entries with a tag. */
    private LongStream entries(int tag) {
        return segments(DYNAMIC).flatMap(at -> {
            MemorySegment table = file.asSlice(file.get(LONG, at + OFFSET), file.get(LONG, at + SIZE_IN_FILE));
            return LongStream.iterate(0, entry -> entry + ENTRY_SIZE)
                    .takeWhile(entry -> table.get(LONG, entry) != 0)
                    .filter(entry -> table.get(LONG, entry) == tag)
                    .map(entry -> table.get(LONG, entry + Long.BYTES));
        });
    }

    /** The libraries that it needs, as far as they lie in folders that it names. */
    private List<Path> needed(Path origin) {
        List<Path> folders = Stream.of(RUNPATH, RPATH)
                .flatMap(this::strings)
                .flatMap(paths -> Stream.of(paths.split(":")))
                .map(path -> Path.of(path.replace("${ORIGIN}", "$ORIGIN").replace("$ORIGIN", origin.toString())))
                .toList();
        return strings(NEEDED)
                .flatMap(name -> folders.stream().map(folder -> folder.resolve(name)).filter(Files::isRegularFile).limit(1))
                .toList();
    }

    private Stream<String> strings(int tag) {
        long table = inFile(entries(STRINGS).findFirst().orElseThrow());
        return entries(tag).mapToObj(offset -> file.getString(table + offset));
    }

    /** Where in the file that is which is mapped to an address. */
    private long inFile(long address) {
        return segments(LOADED)
                .filter(at -> address - file.get(LONG, at + ADDRESS) >= 0
                        && address - file.get(LONG, at + ADDRESS) < file.get(LONG, at + SIZE_IN_FILE))
                .map(at -> address - file.get(LONG, at + ADDRESS) + file.get(LONG, at + OFFSET))
                .findFirst()
                .orElseThrow(IndexOutOfBoundsException::new);
    }
}

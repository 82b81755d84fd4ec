package io.panatorch.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What libraries are given that are not those of an MPI: handles, and the order of calls. */
@Tag("cpu")
class MpiTest {

    /** Two ranks, of which this is the second. Each function refuses other handles than it is to get, and notes that it was called. */
    private static final String LIBRARY = """
            #include <stdio.h>
            #include <string.h>
            #include <stdlib.h>
            typedef void *handle;
            #define WORLD %s
            #define BYTE %s
            #define RETURN %s
            #define COPY ((handle) 0x5000)
            static int initialized = %d, finalized;
            static void note(const char *name) {
                FILE *file = fopen("%s", "a");
                fprintf(file, "%%s\\n", name);
                fclose(file);
            }
            int MPI_Initialized(int *flag) { *flag = initialized; return 0; }
            int MPI_Finalized(int *flag) { *flag = finalized; return 0; }
            int MPI_Init_thread(int *argc, char ***argv, int required, int *provided) {
                note("init");
                initialized = 1;
                *provided = %d;
                return argc || argv ? 12 : 0;
            }
            int MPI_Query_thread(int *provided) { *provided = %7$d; return 0; }
            int MPI_Comm_dup(handle of, handle *copy) { *copy = COPY; return of == WORLD ? 0 : 5; }
            int MPI_Comm_set_errhandler(handle of, handle to) { return of == COPY && to == RETURN ? 0 : 6; }
            int MPI_Comm_rank(handle of, int *rank) { *rank = 1; return of == COPY ? 0 : 5; }
            int MPI_Comm_size(handle of, int *size) { *size = 2; return of == COPY ? 0 : 5; }
            int MPI_Allgather(const void *from, int count, handle type, void *to, int each, handle as, handle of) {
                if (count != each || type != BYTE || as != BYTE || of != COPY) return 7;
                if (count == 3) return 13;
                memset(to, 7, count);
                memcpy((char *) to + count, from, count);
                return 0;
            }
            int MPI_Comm_free(handle *of) { note("free"); return *of == COPY ? 0 : 5; }
            int MPI_Finalize(void) { note("finalize"); finalized = 1; return 0; }
            int MPI_Error_string(int error, char *text, int *length) { *length = sprintf(text, "error %%d of mine", error); return 0; }
            %8$s
            """;

    private static final String OPEN_MPI = "char ompi_mpi_comm_world[64], ompi_mpi_byte[64], ompi_mpi_errors_return[64];\n";
    private static final int SERIALIZED = 2;
    private static final int SERIALIZED_OF_THE_STANDARD = 2048;

    @TempDir
    Path folder;

    private Path calls() {
        return folder.resolve("calls");
    }

    private String openMpi(boolean initialized, int level) throws Exception {
        String source = LIBRARY.formatted("ompi_mpi_comm_world", "(handle) ompi_mpi_byte", "(handle) ompi_mpi_errors_return",
                initialized ? 1 : 0, calls(), level, level, "");
        return Compiler.library(folder.resolve("libmpi.so"), OPEN_MPI + source).toString();
    }

    private static byte[] gathered(Mpi mpi, byte... part) throws Mpi.Failure {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment from = arena.allocateFrom(ValueLayout.JAVA_BYTE, part);
            MemorySegment to = arena.allocate(2L * part.length);
            mpi.allGather(from, to);
            return to.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    @Test
    void openMpisHandlesAreItsObjects() throws Exception {
        Mpi mpi = Mpi.open(openMpi(false, SERIALIZED), 0);
        assertThat(mpi.rank()).isEqualTo(1);
        assertThat(mpi.size()).isEqualTo(2);
        assertThat(gathered(mpi, (byte) 1, (byte) 2)).containsExactly(7, 7, 1, 2);
        mpi.close();
        assertThat(calls()).hasContent("init\nfree\nfinalize\n");
    }

    @Test
    void thoseOfTheStandardAreNumbers() throws Exception {
        String source = LIBRARY.formatted("(handle) 0x101", "(handle) 0x247", "(handle) 0x143", 0, calls(), SERIALIZED_OF_THE_STANDARD,
                SERIALIZED_OF_THE_STANDARD, OPEN_MPI); // which a library of Open MPI brings with it
        Mpi mpi = Mpi.open(Compiler.library(folder.resolve("libmpi_abi.so.1"), source).toString(), 0);
        assertThat(gathered(mpi, (byte) 3)).containsExactly(7, 3);
        mpi.close();
        assertThat(calls()).hasContent("init\nfree\nfinalize\n");
    }

    @Test
    void whatRunsAlreadyIsNotEnded() throws Exception {
        Mpi mpi = Mpi.open(openMpi(true, SERIALIZED), 0);
        mpi.close();
        assertThat(calls()).hasContent("free\n");
    }

    @Test
    void failuresAreInTheLibrarysWords() throws Exception {
        String library = openMpi(false, SERIALIZED);
        assertThatThrownBy(() -> Mpi.open(library, 0x77)).isInstanceOf(Mpi.Failure.class)
                .hasMessage("MPI fails (MPI_Comm_dup: error 5 of mine)");
        assertThat(calls()).hasContent("init\nfinalize\n");
        assertThatThrownBy(() -> Mpi.open(library, 0)).hasMessage("MPI has ended in this process, and starts only once");
    }

    @Test
    void aFailingExchangeIsAnException() throws Exception {
        Mpi mpi = Mpi.open(openMpi(true, SERIALIZED), 0);
        assertThatThrownBy(() -> gathered(mpi, (byte) 1, (byte) 2, (byte) 3)).hasMessage("MPI fails (MPI_Allgather: error 13 of mine)");
    }

    @Test
    void oneThreadIsNotEnough() throws Exception {
        assertThatThrownBy(() -> Mpi.open(openMpi(true, 1), 0))
                .hasMessage("MPI was started for one thread of the process: expected MPI_THREAD_SERIALIZED or more");
    }

    @Test
    void otherLibrariesAreRefused() throws Exception {
        String other = Compiler.library(folder.resolve("libmpi.so.12"), "int MPI_Init;").toString();
        assertThatThrownBy(() -> Mpi.open(other, 0)).hasMessage("the MPI " + other + " has handles of its own: expected Open MPI, or a"
                + " library of MPI's standard ABI, libmpi_abi.so; name one by -Dpanatorch.mpi");
        String missing = folder.resolve("missing.so").toString();
        assertThatThrownBy(() -> Mpi.open(missing, 0)).hasMessageStartingWith("no MPI is there (" + missing)
                .hasMessageEndingWith("): install Open MPI, as by apt-get install openmpi-bin, or name its library by -Dpanatorch.mpi");
        assertThat(Files.exists(calls())).isFalse();
    }
}

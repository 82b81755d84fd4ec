package io.panatorch.cogvideox.cli;

import io.panatorch.cogvideox.hub.HubSettings;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;

/** {@code panatorch doctor}: what of this machine works, and what to do about the rest. */
@Command(
        name = "doctor",
        description = "Checks all that Panatorch needs of this machine, and says of what is not right what to do about it.",
        versionProvider = Versions.class,
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:videos can be made", "1:something that they need is not right"})
final class DoctorCommand implements Callable<Integer> {

    private final Terminal terminal;

    DoctorCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Each is told as soon as it is known, since some take a moment. */
    @Override
    public Integer call() {
        boolean works = true;
        for (Diagnosis.Check check : List.<Diagnosis.Check>of(Diagnosis::jdk, Diagnosis::nativeAccess, Diagnosis::glibc,
                Diagnosis::cacheFolder, Diagnosis::libtorch, Diagnosis::cuda, Diagnosis::cudaLibraries, Diagnosis::ffmpeg, Diagnosis::memory,
                () -> Diagnosis.modelCache(HubSettings.fromEnvironment()), () -> Diagnosis.hub(HubSettings.fromEnvironment()))) {
            Diagnosis found = Diagnosis.of(check);
            terminal.line(found.toString());
            works &= found.state() != Diagnosis.State.WRONG;
        }
        return works ? ExitCode.OK : ExitCode.SOFTWARE;
    }
}

package downsampling.processor;

import downsampling.broker.JarProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** One instance of the processor as users start it. */
final class ProcessorProcess extends JarProcess {
    private static final Path JAR = Path.of("target", "processor.jar");

    static final List<String> JAVA_JAR = javaJar(JAR);

    /** @param log where the output of all starts goes */
    ProcessorProcess(Path log) {
        super(JAR, log);
    }

    /** One that is started once, and whose output nobody needs afterwards. */
    static ProcessorProcess started(List<String> options) throws IOException {
        Path log = Files.createTempFile("processor-it-", ".log");
        log.toFile().deleteOnExit();
        ProcessorProcess process = new ProcessorProcess(log);
        process.start(options);
        return process;
    }

    @Override
    public void terminate() throws Exception {
        terminate(output().contains("RUNNING"), (int) Service.CLOSE_TIMEOUT.toSeconds() + 20);
    }
}

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/**
 * java-llama.cpp on the prompts of memory turns: `java -cp llama.jar JavaLlama.java MODEL THREADS OPERATION=ADAPTER[=GRAMMAR] ..`.
 *
 * A line on stdin is an operation, how many tokens it may write and the prompt in base64, by blanks; a line on stdout is
 * JSON. Each operation has a model of its own with its adapter on, so nothing is switched and each keeps its prompt's start.
 */
class JavaLlama {
    private static final int CONTEXT_TOKENS = 4096;

    public static void main(String[] arguments) throws Exception {
        PrintStream answers = System.out;
        System.setOut(System.err); // its loader tells there what it unpacks
        Map<String, LlamaModel> models = new HashMap<>();
        Map<String, String> grammars = new HashMap<>();
        for (int i = 2; i < arguments.length; i++) {
            String[] parts = arguments[i].split("=");
            models.put(parts[0], open(arguments[0], parts[1], Integer.parseInt(arguments[1])));
            if (parts.length > 2) grammars.put(parts[0], Files.readString(Path.of(parts[2])));
        }
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String[] asked = line.split(" ");
            String prompt = new String(Base64.getDecoder().decode(asked[2]), StandardCharsets.UTF_8);
            InferenceParameters call =
                new InferenceParameters(prompt).setNPredict(Integer.parseInt(asked[1])).setTemperature(0).setTopK(1).setCachePrompt(true);
            if (grammars.containsKey(asked[0])) call.setGrammar(grammars.get(asked[0]));
            long began = System.nanoTime();
            String text = models.get(asked[0]).complete(call);
            double milliseconds = (System.nanoTime() - began) / 1e6;
            String told = Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
            answers.println("{\"ms\":" + milliseconds + ",\"text\":\"" + told + "\"}");
            answers.flush();
        }
        Runtime.getRuntime().halt(0); // closing a model of 4.2.0 waits for ever
    }

    private static LlamaModel open(String model, String adapter, int threads) {
        return new LlamaModel(
            new ModelParameters()
                .setModel(model)
                .addLoraAdapter(adapter)
                .setThreads(threads)
                .setThreadsBatch(threads)
                .setCtxSize(CONTEXT_TOKENS)
                .setParallel(1)
                .setGpuLayers(0)
                .disableLog());
    }
}

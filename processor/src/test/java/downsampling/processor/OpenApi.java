package downsampling.processor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialect;
import com.networknt.schema.dialect.Dialects;
import com.networknt.schema.keyword.NonValidationKeyword;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/** {@code docs/openapi.yaml}, to hold answers against. */
final class OpenApi {
    private final JsonNode document;
    private final SchemaRegistry schemas = SchemaRegistry.withDefaultDialect(Dialect.builder(Dialects.getDraft202012())
            .keyword(new NonValidationKeyword("components"))
            .build());

    OpenApi() {
        try {
            document = new YAMLMapper()
                    .readTree(Path.of("..", "docs", "openapi.yaml").toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All that is documented, as {@code /path 200}. */
    Set<String> answers() {
        Set<String> answers = new TreeSet<>();
        document.get("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .at("/get/responses")
                        .fieldNames()
                        .forEachRemaining(status -> answers.add(path.getKey() + " " + status)));
        return answers;
    }

    /**
     * Fails unless this answer is as documented.
     *
     * @return which one it is, as {@code /path 200}
     */
    String check(HttpResponse<String> response) {
        String asked = response.uri().getRawPath();
        String path = asked.matches("/sensors/[^/]+/windows") ? "/sensors/{id}/windows" : asked;
        JsonNode answer = document.at("/paths/" + path.replace("/", "~1") + "/get/responses/" + response.statusCode());
        if (answer.has("$ref")) {
            answer = document.at(answer.get("$ref").textValue().substring(1));
        }
        assertThat(answer.isMissingNode())
                .as("%s is not documented for %s: %s", response.statusCode(), path, response.body())
                .isFalse();
        String type =
                response.headers().firstValue("content-type").orElseThrow().replaceFirst(";.*", "");
        JsonNode schema = answer.at("/content/" + type.replace("/", "~1") + "/schema");
        assertThat(schema.isMissingNode()).as("%s of %s", type, path).isFalse();
        answer.path("headers")
                .fieldNames()
                .forEachRemaining(header -> assertThat(response.headers().firstValue(header))
                        .as(header)
                        .isPresent());
        if (schema.has("$ref")) {
            assertThat(schema(schema.get("$ref").textValue()).validate(response.body(), InputFormat.JSON))
                    .as("what of %s is not as documented", response.body())
                    .isEmpty();
        }
        return path + " " + response.statusCode();
    }

    private Schema schema(String reference) {
        ObjectNode schema = JsonNodeFactory.instance.objectNode().put("$ref", reference);
        return schemas.getSchema(schema.set("components", document.get("components")));
    }
}

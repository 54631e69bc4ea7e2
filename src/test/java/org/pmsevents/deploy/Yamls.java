package org.pmsevents.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Reads YAML files of deploy/, with anchors and merge keys; a key that is there twice is an error. */
final class Yamls {
    private Yamls() {}

    static List<Map<String, Object>> all(String text) {
        var options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        var documents = new ArrayList<Map<String, Object>>();
        new Yaml(new SafeConstructor(options)).loadAll(text).forEach(document -> documents.add(map(document)));
        return documents;
    }

    static Map<String, Object> one(Path file) {
        var documents = all(text(file));
        if (documents.size() != 1) {
            throw new IllegalStateException(file + " has " + documents.size() + " documents");
        }
        return documents.get(0);
    }

    static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> map(Object node) {
        return node == null ? Map.of() : (Map<String, Object>) node;
    }

    @SuppressWarnings("unchecked")
    static <T> List<T> list(Object node) {
        return node == null ? List.of() : (List<T>) node;
    }
}

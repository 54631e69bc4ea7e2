package org.pmsevents.platform.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.jspecify.annotations.Nullable;

/** Several texts as one, and back: a JSON array. */
public final class TextArray {
    private TextArray() {}

    public static String of(@Nullable String... texts) {
        var array = JsonNodeFactory.instance.arrayNode(texts.length);
        for (var text : texts) {
            array.add(text);
        }
        return JsonText.of(array);
    }

    /** @throws IllegalArgumentException if it is not that many texts as one */
    public static @Nullable String[] read(String text, int length) {
        JsonNode array = JsonText.tree(text);
        if (!array.isArray() || array.size() != length) {
            throw new IllegalArgumentException("not " + length + " texts: " + text);
        }
        var texts = new String[length];
        for (int i = 0; i < length; i++) {
            texts[i] = array.get(i).textValue();
        }
        return texts;
    }
}

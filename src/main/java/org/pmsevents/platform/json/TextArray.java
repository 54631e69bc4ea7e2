package org.pmsevents.platform.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.jspecify.annotations.Nullable;

/** Writes several texts as one JSON array, and reads them back. */
public final class TextArray {
    private TextArray() {}

    public static String of(@Nullable String... texts) {
        var array = JsonNodeFactory.instance.arrayNode(texts.length);
        for (var text : texts) {
            array.add(text);
        }
        return JsonText.of(array);
    }

    /** @throws IllegalArgumentException if it is not an array of that many texts */
    public static @Nullable String[] read(String text, int length) {
        JsonNode array = JsonText.tree(text);
        if (!array.isArray() || array.size() != length) {
            throw new IllegalArgumentException("not an array of " + length + " texts: " + text);
        }
        var texts = new String[length];
        for (int i = 0; i < length; i++) {
            texts[i] = array.get(i).textValue();
        }
        return texts;
    }
}

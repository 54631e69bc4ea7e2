package org.pmsevents.platform.problem;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The violations of a body whose array is taken item by item: those within an item reject that item only. Of each item the first one is
 * kept; all others are violations of the body.
 */
public final class ItemViolations extends Violations {
    private final String prefix;
    private final int maxItems;
    private final Map<Integer, Violation> items = new HashMap<>();

    /**
     * @param array name of the member of the body that is the array
     * @param maxItems how many items are judged; violations of later ones are the body's
     */
    public ItemViolations(String array, int maxItems) {
        this.prefix = "/" + array + "/";
        this.maxItems = maxItems;
    }

    @Override
    public void add(String pointer, String code, String detail) {
        int item = item(pointer);
        if (item < 0) {
            super.add(pointer, code, detail);
        } else {
            items.putIfAbsent(item, new Violation(pointer, code, detail));
        }
    }

    /** What is wrong with an item. */
    public Optional<Violation> of(int item) {
        return Optional.ofNullable(items.get(item));
    }

    /** The index of the item that the pointer leads into; -1 if it is none. */
    private int item(String pointer) {
        if (!pointer.startsWith(prefix)) {
            return -1;
        }
        int end = pointer.indexOf('/', prefix.length());
        var index = pointer.substring(prefix.length(), end < 0 ? pointer.length() : end);
        if (index.isEmpty() || index.length() > 9 || !index.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return -1;
        }
        int item = Integer.parseInt(index);
        return item < maxItems ? item : -1;
    }
}

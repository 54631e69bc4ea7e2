package org.pmsevents.platform.problem;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The violations of a body whose array is taken item by item: those within an item reject that item only; all others are violations of the
 * body. Of each item the first one is kept, and further ones as long as there are not too many in all.
 */
public final class ItemViolations extends Violations {
    private static final int MAX_COUNT = 10_000;

    private final String prefix;
    private final int maxItems;
    private final Map<Integer, Violations> items = new HashMap<>();
    private int kept;

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
            var of = items.computeIfAbsent(item, first -> new Violations());
            if (of.isEmpty() || kept < MAX_COUNT) {
                kept++;
                of.add(pointer.substring(pointerTo(item).length()), code, detail);
            } else {
                of.omit();
            }
        }
    }

    /** What is wrong with an item, first of all; the pointer is into the body. */
    public Optional<Violation> of(int item) {
        return within(item).list().stream()
                .findFirst()
                .map(first -> new Violation(pointerTo(item) + first.pointer(), first.code(), first.detail()));
    }

    /** All that is wrong with an item; the pointers are into the item. */
    public Violations within(int item) {
        return items.getOrDefault(item, new Violations()).copy();
    }

    private String pointerTo(int item) {
        return prefix + item;
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
        return item < maxItems && index.equals(Integer.toString(item)) ? item : -1;
    }
}

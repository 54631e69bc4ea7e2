package org.pmsevents.inventory.history;

/** Where stock is: one SKU at one location. */
record Place(String sku, String location) {
    static final String MAIN = "main";

    static Place main(String sku) {
        return new Place(sku, MAIN);
    }

    @Override
    public String toString() {
        return sku + "@" + location;
    }
}

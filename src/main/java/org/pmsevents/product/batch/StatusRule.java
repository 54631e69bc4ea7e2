package org.pmsevents.product.batch;

import org.pmsevents.product.ProductStatus;

/** What the member {@code status} of a line may do. */
public enum StatusRule {
    /** {@code published} publishes; {@code draft} is accepted where the product is one. */
    PUBLISHES("Must be draft or published."),

    /** Also {@code archived}: archives, and is accepted for a product that is archived and would not change. */
    ARCHIVES("Must be draft, published or archived."),

    /** The line decides: also published products become drafts again, and archived products are changed and taken back. */
    DECIDES("Must be draft, published or archived.");

    private final String detail;

    StatusRule(String detail) {
        this.detail = detail;
    }

    boolean allows(ProductStatus status) {
        return this != PUBLISHES || status != ProductStatus.ARCHIVED;
    }

    /** Of a violation. */
    String detail() {
        return detail;
    }
}

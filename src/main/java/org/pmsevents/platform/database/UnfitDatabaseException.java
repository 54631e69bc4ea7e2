package org.pmsevents.platform.database;

/** The database can't be used as it is. The message is one line for the operator. */
public final class UnfitDatabaseException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnfitDatabaseException(String why) {
        super(why);
    }

    static UnfitDatabaseException encoding(String encoding) {
        return new UnfitDatabaseException("The database has the encoding " + encoding
                + ", which can't hold every text. Create it with ENCODING 'UTF8' and name that one in"
                + " QUARKUS_DATASOURCE_REACTIVE_URL.");
    }
}

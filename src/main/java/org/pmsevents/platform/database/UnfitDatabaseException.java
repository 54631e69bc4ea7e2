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

    /** @param lacking what the role can't do, in one line */
    static UnfitDatabaseException role(String role, String lacking) {
        return new UnfitDatabaseException("The role " + role + " can't work with this database: " + lacking
                + ". Log in as the role that owns the tables, with QUARKUS_DATASOURCE_USERNAME, or migrate as the role"
                + " that serves.");
    }
}

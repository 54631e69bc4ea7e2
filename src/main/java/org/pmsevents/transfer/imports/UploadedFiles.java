package org.pmsevents.transfer.imports;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Locale;
import org.pmsevents.http.limits.StreamedBodies;

/** The bodies of imports are stored as they arrive. */
@ApplicationScoped
class UploadedFiles implements StreamedBodies {
    static final String CSV = "text/csv";
    static final String JSON = "application/x-ndjson";
    private static final String PATH = "/api/imports";

    @Override
    public boolean streams(HttpServerRequest request, String path) {
        var type = request.getHeader(HttpHeaders.CONTENT_TYPE);
        return request.method() == HttpMethod.POST
                && (path.equals(PATH) || path.equals(PATH + "/"))
                && type != null
                && (isType(type, CSV) || isType(type, JSON));
    }

    private static boolean isType(String header, String type) {
        return header.split(";", 2)[0].strip().toLowerCase(Locale.ROOT).equals(type);
    }

    @Override
    public long longest() {
        return Upload.LONGEST;
    }
}

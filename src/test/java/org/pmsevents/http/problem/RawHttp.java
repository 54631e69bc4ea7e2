package org.pmsevents.http.problem;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Sends bytes that no HTTP client would send, and reads one answer. */
public final class RawHttp {

    /** What came back. */
    public record Answer(int status, Map<String, String> headers, String body) {
        public String header(String name) {
            return headers.get(name.toLowerCase(Locale.ROOT));
        }
    }

    interface Sender {
        void send(OutputStream out) throws IOException;
    }

    private RawHttp() {}

    public static Answer send(URI server, String request) throws IOException {
        return send(server, out -> out.write(request.getBytes(StandardCharsets.ISO_8859_1)));
    }

    static Answer send(URI server, Sender sender) throws IOException {
        try (var socket = new Socket(server.getHost(), server.getPort())) {
            socket.setSoTimeout(10_000);
            sender.send(socket.getOutputStream());
            socket.getOutputStream().flush();
            var in = socket.getInputStream();
            var lines = head(in);
            while (lines[0].contains(" 100 ")) {
                // an interim answer: the real one follows
                lines = head(in);
            }
            var headers = new TreeMap<String, String>();
            for (int i = 1; i < lines.length; i++) {
                int colon = lines[i].indexOf(':');
                headers.put(
                        lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
                        lines[i].substring(colon + 1).strip());
            }
            // a stream has no end, so only its head is looked at
            boolean endless = headers.getOrDefault("content-type", "").startsWith("text/event-stream");
            byte[] body = "chunked".equals(headers.get("transfer-encoding")) && !endless
                    ? chunks(in)
                    : in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
            return new Answer(
                    Integer.parseInt(lines[0].split(" ")[1]), headers, new String(body, StandardCharsets.UTF_8));
        }
    }

    private static String[] head(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int c = in.read();
            if (c < 0) {
                throw new IOException("closed after: " + head);
            }
            head.append((char) c);
        }
        return head.toString().split("\r\n");
    }

    /** RFC 9112, section 7.1, without extensions and trailers, which the service does not send. */
    private static byte[] chunks(InputStream in) throws IOException {
        var body = new ByteArrayOutputStream();
        while (true) {
            int size = Integer.parseInt(line(in), 16);
            body.write(in.readNBytes(size));
            line(in);
            if (size == 0) {
                return body.toByteArray();
            }
        }
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("closed within a chunk");
            }
            line.append((char) c);
        }
        return line.toString().strip();
    }
}

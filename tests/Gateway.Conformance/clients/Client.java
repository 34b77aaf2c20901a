import java.io.FileInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.UUID;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** The HttpClient of the JDK, which offers h2c with each request in clear. Arguments: URL in clear, URL with TLS, the authority's file. */
public class Client {
    interface Check { void run() throws Exception; }

    static boolean failed;

    static void check(String name, Check check) {
        try {
            check.run();
            System.out.println("ok " + name);
        } catch (Exception | AssertionError error) {
            failed = true;
            System.out.println("FAILED " + name + ": " + error);
        }
    }

    static void equal(Object actual, Object expected) {
        if (!expected.equals(actual)) {
            throw new AssertionError(actual + " is not " + expected);
        }
    }

    public static void main(String[] arguments) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        store.setCertificateEntry("authority", CertificateFactory.getInstance("X.509").generateCertificate(new FileInputStream(arguments[2])));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, trust.getTrustManagers(), null);
        for (HttpClient.Version version : HttpClient.Version.values()) {
            for (String base : new String[] {arguments[0], arguments[1]}) {
                HttpClient client = HttpClient.newBuilder().version(version).sslContext(tls).connectTimeout(Duration.ofSeconds(10)).build();
                String name = version + (base.startsWith("https") ? " tls: " : " clear: ");
                java.util.function.Function<String, HttpRequest.Builder> to = path -> HttpRequest.newBuilder(URI.create(base + path)).timeout(Duration.ofSeconds(20));
                check(name + "version", () -> equal(client.send(to.apply("/service/page").build(), BodyHandlers.discarding()).version(), base.startsWith("https") ? version : HttpClient.Version.HTTP_1_1));
                check(name + "page", () -> equal(client.send(to.apply("/service/page").build(), BodyHandlers.ofByteArray()).body().length, 102_000));
                check(name + "POST", () -> equal(client.send(to.apply("/service/echo").header("Content-Type", "a/b").POST(BodyPublishers.ofString("abc")).build(), BodyHandlers.ofString()).body(), "POST 3 a9993e364706816aba3e25717850c26c9cd0d89d a/b\n"));
                check(name + "POST without body", () -> equal(client.send(to.apply("/service/echo").POST(BodyPublishers.noBody()).build(), BodyHandlers.ofString()).body(), "POST 0 da39a3ee5e6b4b0d3255bfef95601890afd80709 -\n"));
                check(name + "POST without body arrives once", () -> equal(client.send(to.apply("/service/count?" + UUID.randomUUID()).POST(BodyPublishers.noBody()).build(), BodyHandlers.ofString()).body(), "1"));
                check(name + "DELETE", () -> equal(client.send(to.apply("/service/echo").DELETE().build(), BodyHandlers.ofString()).body(), "DELETE 0 da39a3ee5e6b4b0d3255bfef95601890afd80709 -\n"));
                check(name + "expect-continue", () -> equal(client.send(to.apply("/service/echo").expectContinue(true).POST(BodyPublishers.ofByteArray(new byte[300_000])).build(), BodyHandlers.ofString()).body().split(" ")[1], "300000"));
                check(name + "404", () -> equal(client.send(to.apply("/service/absent").build(), BodyHandlers.ofString()).statusCode(), 404));
                check(name + "events", () -> equal(client.send(to.apply("/stream/events").build(), BodyHandlers.ofLines()).body().filter(line -> line.startsWith("id:")).collect(Collectors.joining(",")), "id: 1,id: 2,id: 3"));
            }
        }
        System.exit(failed ? 1 : 0);
    }
}

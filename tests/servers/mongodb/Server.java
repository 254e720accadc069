import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.ServerVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;

/** The server of tests: "Server PORT FILE". It keeps its data in the file, and stops in order when it is terminated. */
public final class Server {
    private Server() {}

    public static void main(String[] arguments) throws InterruptedException {
        MongoServer server = new MongoServer(new H2Backend(arguments[1]).version(ServerVersion.MONGO_5_0));
        server.bind("127.0.0.1", Integer.parseInt(arguments[0]));
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
        Thread.currentThread().join();
    }
}

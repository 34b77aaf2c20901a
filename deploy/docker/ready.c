/* Asks http://127.0.0.1:PORT/readyz, which needs no token. 0: ready. 1: not ready, or not reached within three seconds. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int main(int count, char **arguments) {
    static const char request[] = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    char response[16];
    size_t length = 0;
    struct timeval patience = { .tv_sec = 3 };
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((unsigned short)(count > 1 ? atoi(arguments[1]) : 8081)) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int server = socket(AF_INET, SOCK_STREAM, 0);
    if (server < 0 || setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) || setsockopt(server, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience)
        || connect(server, (struct sockaddr *)&address, sizeof address) || send(server, request, sizeof request - 1, MSG_NOSIGNAL) != sizeof request - 1)
        return 1;
    while (length < 12) {
        ssize_t got = read(server, response + length, 12 - length);
        if (got <= 0)
            return 1;
        length += (size_t)got;
    }
    return memcmp(response, "HTTP/1.1 200", 12) != 0;
}

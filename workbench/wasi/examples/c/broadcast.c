/* Broadcast: what a node hears of it passes on to its neighbours, to each again and again until it is
 * acknowledged. It waits with poll(2) for a line or for its timer. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define VALUES 65536
#define NEIGHBOURS 32
#define RETRY_MS 250

static char id[32];
static struct {
    char name[32];
    unsigned char owed[VALUES]; /* what it has not acknowledged yet */
} neighbours[NEIGHBOURS];
static int count;
static unsigned char seen[VALUES];
static long most = -1; /* the greatest value that was seen */

static const char *field(const char *line, const char *name)
{
    char key[40];
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(line, key);
    if (!at)
        return NULL;
    at += strlen(key);
    while (*at == ' ')
        at++;
    return at;
}

/* Copies a text that begins there, and gives what is behind it. */
static const char *text(const char *at, char *to, size_t room)
{
    size_t len = 0;
    if (at && *at == '"')
        for (at++; *at && *at != '"'; at++)
            if (len + 1 < room)
                to[len++] = *at;
    to[len] = 0;
    return at && *at ? at + 1 : "";
}

static void pass(int to, long value)
{
    printf("{\"src\":\"%s\",\"dest\":\"%s\",\"body\":{\"type\":\"pass\",\"message\":%ld}}\n", id,
           neighbours[to].name, value);
}

static void learn(long value, const char *from)
{
    if (value < 0 || value >= VALUES || seen[value])
        return;
    seen[value] = 1;
    if (value > most)
        most = value;
    for (int i = 0; i < count; i++)
        if (strcmp(neighbours[i].name, from)) {
            neighbours[i].owed[value] = 1;
            pass(i, value);
        }
}

static void retry(void)
{
    for (int i = 0; i < count; i++)
        for (long value = 0; value <= most; value++)
            if (neighbours[i].owed[value])
                pass(i, value);
}

static void topology(const char *line)
{
    const char *at = field(line, id);
    count = 0;
    while (at && *at && *at != ']' && count < NEIGHBOURS) {
        if (*at == '"')
            at = text(at, neighbours[count++].name, sizeof neighbours[0].name);
        else
            at++;
    }
}

static void handle(const char *line)
{
    char type[32], src[32];
    const char *asked = field(line, "msg_id"), *value = field(line, "message");
    text(field(line, "type"), type, sizeof type);
    text(field(line, "src"), src, sizeof src);
    if (!strcmp(type, "pass_ok")) {
        for (int i = 0; i < count; i++)
            if (!strcmp(neighbours[i].name, src) && value)
                neighbours[i].owed[atol(value)] = 0;
        return;
    }
    if (!strcmp(type, "init"))
        text(field(line, "node_id"), id, sizeof id);
    else if (!strcmp(type, "topology"))
        topology(field(line, "topology"));
    else if (value)
        learn(atol(value), strcmp(type, "pass") ? "" : src);
    printf("{\"src\":\"%s\",\"dest\":\"%s\",\"body\":{\"type\":\"%s_ok\"", id, src, type);
    if (asked)
        printf(",\"in_reply_to\":%ld", atol(asked));
    if (!strcmp(type, "pass") && value)
        printf(",\"message\":%ld", atol(value));
    if (!strcmp(type, "read")) {
        const char *between = "";
        printf(",\"messages\":[");
        for (long i = 0; i <= most; i++)
            if (seen[i]) {
                printf("%s%ld", between, i);
                between = ",";
            }
        printf("]");
    }
    printf("}}\n");
}

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int main(void)
{
    static char buffer[1 << 20];
    size_t len = 0;
    long next = RETRY_MS;
    for (;;) {
        struct pollfd in = {.fd = 0, .events = POLLIN};
        long wait = next - now_ms();
        if (wait <= 0) {
            retry();
            next = now_ms() + RETRY_MS;
        } else if (poll(&in, 1, (int)wait) > 0) {
            ssize_t got = read(0, buffer + len, sizeof buffer - 1 - len);
            if (got <= 0)
                return 0;
            len += (size_t)got;
            buffer[len] = 0;
            char *line = buffer, *end;
            for (; (end = strchr(line, '\n')); line = end + 1) {
                *end = 0;
                handle(line);
            }
            len -= (size_t)(line - buffer);
            memmove(buffer, line, len);
        }
        fflush(stdout); /* stdout is a pipe: C keeps what is written until it is told */
    }
}

/* Broadcast: what a node hears of it passes on to its neighbours, to each again and again until it is
 * acknowledged. It waits with poll(2) for a line or for its timer. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "json.h"

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

static void topology(const char *body)
{
    const char *at = json_field(json_field(body, "topology"), id);
    count = 0;
    for (; at && *at && *at != ']' && count < NEIGHBOURS; at++)
        if (*at == '"') {
            json_text(at, neighbours[count++].name, sizeof neighbours[0].name);
            at = json_end(at, 0) - 1;
        }
}

static void handle(const char *line)
{
    char type[32], src[32];
    const char *body = json_body(line);
    if (!body) {
        fprintf(stderr, "skipped: %.200s\n", line);
        return;
    }
    const char *asked = json_field(body, "msg_id"), *value = json_field(body, "message");
    json_text(json_field(body, "type"), type, sizeof type);
    json_text(json_field(line, "src"), src, sizeof src);
    long number = value ? atol(value) : -1;
    if (!strcmp(type, "pass_ok")) {
        for (int i = 0; i < count; i++)
            if (!strcmp(neighbours[i].name, src) && number >= 0 && number < VALUES)
                neighbours[i].owed[number] = 0;
        return;
    }
    if (!strcmp(type, "init"))
        json_text(json_field(body, "node_id"), id, sizeof id);
    else if (!strcmp(type, "topology"))
        topology(body);
    else
        learn(number, strcmp(type, "pass") ? "" : src);
    printf("{\"src\":\"%s\",\"dest\":\"%s\",\"body\":{\"type\":\"%s_ok\"", id, src, type);
    if (asked)
        printf(",\"in_reply_to\":%ld", atol(asked));
    if (!strcmp(type, "pass"))
        printf(",\"message\":%ld", number);
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
    size_t len = 0, room = 1 << 16;
    char *buffer = malloc(room);
    long next = RETRY_MS;
    while (buffer) {
        struct pollfd in = {.fd = 0, .events = POLLIN};
        long wait = next - now_ms();
        if (wait <= 0) {
            retry();
            next = now_ms() + RETRY_MS;
        } else if (poll(&in, 1, (int)wait) > 0) {
            if (room - len < 1 << 15)
                buffer = realloc(buffer, room *= 2);
            ssize_t got = buffer ? read(0, buffer + len, room - 1 - len) : 0;
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
    return 1;
}

/* A lin-kv node that keeps nothing: each request goes to Maelstrom's service lin-kv under a number of
 * its own, and what comes back goes to whoever has asked. One line in, one line out: no timers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

#define WAITING 4096

static struct {
    char client[32];
    long msg_id;
} waiting[WAITING];
static long next_id;
static char id[32];

/* Writes a body but for its numbers, and with this one. */
static void reply(const char *body, const char *number, long value)
{
    static const char *const fields[] = {"type", "key", "value", "from", "to",
                                         "create_if_not_exists", "code", "text"};
    printf("\"body\":{\"%s\":%ld", number, value);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const char *at = json_field(body, fields[i]);
        if (at)
            printf(",\"%s\":%.*s", fields[i], (int)(json_end(at, 0) - at), at);
    }
    printf("}}\n");
}

static void handle(const char *line)
{
    char type[32], src[32];
    const char *body = json_body(line);
    if (!body) {
        fprintf(stderr, "skipped: %.200s", line);
        return;
    }
    const char *answered = json_field(body, "in_reply_to"), *asked = json_field(body, "msg_id");
    json_text(json_field(body, "type"), type, sizeof type);
    json_text(json_field(line, "src"), src, sizeof src);
    long number = asked ? atol(asked) : 0;
    if (answered) {
        unsigned long at = strtoul(answered, NULL, 10) % WAITING;
        printf("{\"src\":\"%s\",\"dest\":\"%s\",", id, waiting[at].client);
        reply(body, "in_reply_to", waiting[at].msg_id);
    } else if (!strcmp(type, "init")) {
        json_text(json_field(body, "node_id"), id, sizeof id);
        printf("{\"src\":\"%s\",\"dest\":\"%s\",\"body\":{\"type\":\"init_ok\",\"in_reply_to\":%ld}}\n",
               id, src, number);
    } else {
        long at = ++next_id % WAITING;
        strcpy(waiting[at].client, src);
        waiting[at].msg_id = number;
        printf("{\"src\":\"%s\",\"dest\":\"lin-kv\",", id);
        reply(body, "msg_id", next_id);
    }
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        handle(line);
        fflush(stdout); /* stdout is a pipe: C keeps what is written until it is told */
    }
}

/* A lin-kv node that keeps nothing: each request goes to Maelstrom's service lin-kv under a number of
 * its own, and what comes back goes to whoever has asked. One line in, one line out: no timers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAITING 4096

static struct {
    char client[32];
    long msg_id;
} waiting[WAITING];
static long next_id;
static char id[32];

/* Where the value of a field begins, or NULL. */
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

/* Copies the text of a field. */
static void text(const char *line, const char *name, char *to, size_t room)
{
    const char *at = field(line, name);
    size_t len = 0;
    if (at && *at == '"')
        for (at++; at[len] && at[len] != '"' && len + 1 < room; len++)
            to[len] = at[len];
    to[len] = 0;
}

/* How long a value is: a number, a text or a list. */
static size_t length(const char *value)
{
    size_t len = 0;
    int depth = 0, quoted = 0;
    for (;; len++) {
        char c = value[len];
        if (!c)
            return len;
        if (quoted) {
            if (c == '\\' && value[len + 1])
                len++;
            else if (c == '"')
                quoted = 0;
            continue;
        }
        if (c == '"')
            quoted = 1;
        else if (c == '[' || c == '{')
            depth++;
        else if ((c == ']' || c == '}') && depth-- == 0)
            return len;
        else if (c == ',' && depth == 0)
            return len;
    }
}

/* Writes a body but for its numbers, and with this one. */
static void body(const char *line, const char *number, long value)
{
    static const char *const fields[] = {"type", "key", "value", "from", "to",
                                         "create_if_not_exists", "code", "text"};
    const char *from = field(line, "body");
    printf("\"body\":{\"%s\":%ld", number, value);
    for (size_t i = 0; from && i < sizeof fields / sizeof *fields; i++) {
        const char *at = field(from, fields[i]);
        if (at)
            printf(",\"%s\":%.*s", fields[i], (int)length(at), at);
    }
    printf("}}\n");
}

static void handle(const char *line)
{
    char type[32], src[32];
    const char *answered = field(line, "in_reply_to"), *asked = field(line, "msg_id");
    text(line, "type", type, sizeof type);
    text(line, "src", src, sizeof src);
    long number = asked ? atol(asked) : 0;
    if (answered) {
        long at = atol(answered) % WAITING;
        printf("{\"src\":\"%s\",\"dest\":\"%s\",", id, waiting[at].client);
        body(line, "in_reply_to", waiting[at].msg_id);
    } else if (!strcmp(type, "init")) {
        text(line, "node_id", id, sizeof id);
        printf("{\"src\":\"%s\",\"dest\":\"%s\",\"body\":{\"type\":\"init_ok\",\"in_reply_to\":%ld}}\n",
               id, src, number);
    } else {
        long at = ++next_id % WAITING;
        strcpy(waiting[at].client, src);
        waiting[at].msg_id = number;
        printf("{\"src\":\"%s\",\"dest\":\"lin-kv\",", id);
        body(line, "msg_id", next_id);
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

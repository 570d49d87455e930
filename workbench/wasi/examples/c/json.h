/* A little JSON: finds its way in a text, and copies nothing but names. */
#include <ctype.h>
#include <stddef.h>
#include <string.h>

static const char *json_space(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* What is behind the value that begins there, or NULL if it is none. Of numbers it is enough that
 * they look like some. */
static const char *json_end(const char *at, int depth)
{
    static const char *const words[] = {"true", "false", "null"};
    char kind = *at, close = kind == '{' ? '}' : ']';
    if (depth > 64)
        return NULL;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strncmp(at, words[i], strlen(words[i])))
            return at + strlen(words[i]);
    if (kind == '-' || isdigit((unsigned char)kind))
        return at + strspn(at, "+-.0123456789eE");
    if (kind == '"') {
        for (at++; *at != '"'; at++)
            if (!*at || (*at == '\\' && !*++at))
                return NULL;
        return at + 1;
    }
    if (kind != '{' && kind != '[')
        return NULL;
    at = json_space(at + 1);
    if (*at == close)
        return at + 1;
    for (;; at = json_space(at + 1)) {
        if (kind == '{') {
            if (*at != '"' || !(at = json_end(at, depth + 1)) || *(at = json_space(at)) != ':')
                return NULL;
            at = json_space(at + 1);
        }
        if (!(at = json_end(at, depth + 1)))
            return NULL;
        at = json_space(at);
        if (*at == close)
            return at + 1;
        if (*at != ',')
            return NULL;
    }
}

/* The value of a field of an object, or NULL. */
static const char *json_field(const char *object, const char *name)
{
    size_t len = strlen(name);
    if (!object || *object != '{')
        return NULL;
    const char *at = json_space(object + 1);
    while (*at == '"') {
        const char *key = at + 1, *value = json_space(json_space(json_end(at, 0)) + 1);
        if (!strncmp(key, name, len) && key[len] == '"')
            return value;
        at = json_space(json_end(value, 0));
        at = json_space(at + strspn(at, ","));
    }
    return NULL;
}

/* Copies a text, as much as there is room for; of any other value, nothing. */
static void json_text(const char *value, char *to, size_t room)
{
    size_t len = value && *value == '"' ? (size_t)(json_end(value, 0) - value) - 2 : 0;
    len = len < room ? len : room - 1;
    if (len > 0)
        memcpy(to, value + 1, len);
    to[len] = 0;
}

/* The body of a message, if the line is one: an object that says from whom it comes, with a body that
 * says what it is. */
static const char *json_body(const char *line)
{
    const char *end = *line == '{' ? json_end(line, 0) : NULL;
    if (!end || *json_space(end))
        return NULL;
    const char *src = json_field(line, "src"), *body = json_field(line, "body");
    const char *type = json_field(body, "type");
    return src && *src == '"' && type && *type == '"' ? body : NULL;
}

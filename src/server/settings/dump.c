/* SPDX-License-Identifier: ISC */
#include "server/settings/dump.h"

#include "base/log.h"
#include "base/text.h"

/* As libconfig reads it back; \xNN for what is not ASCII is right in every encoding. */
static void print_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c > 0x7e)
            fprintf(out, "\\x%02x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static void print_strings(FILE *out, const struct schema_strings *list)
{
    fputc('[', out);
    for (size_t i = 0; i < list->count; i++) {
        fputs(i > 0 ? ", " : " ", out);
        print_string(out, list->items[i]);
    }
    fputs(" ]", out);
}

static void print_value(FILE *out, const struct schema_setting *setting, const void *base)
{
    const void *field = (const char *)base + setting->offset;
    char text[ENDPOINT_TEXT_SIZE];

    switch (setting->kind) {
    case SCHEMA_NUMBER:
        fprintf(out, "%u", *(const unsigned *)field);
        break;
    case SCHEMA_FLAG:
        fputs(*(const bool *)field ? "true" : "false", out);
        break;
    case SCHEMA_SIZE:
        print_string(out, text_format_size(*(const size_t *)field, text, sizeof text));
        break;
    case SCHEMA_DURATION:
        print_string(out, text_format_duration(*(const uint64_t *)field, text, sizeof text));
        break;
    case SCHEMA_MODE:
        fprintf(out, "\"%04o\"", *(const mode_t *)field);
        break;
    case SCHEMA_CHOICE:
        print_string(out, setting->choices[*(const int *)field]);
        break;
    case SCHEMA_FACILITY:
        print_string(out, log_facility_name(*(const int *)field));
        break;
    case SCHEMA_STRING:
        print_string(out, *(char *const *)field);
        break;
    case SCHEMA_ENDPOINT:
        print_string(out, endpoint_format(field, text, sizeof text));
        break;
    case SCHEMA_STRINGS:
        print_strings(out, field);
        break;
    }
}

static void print_group(FILE *out, const struct schema *schema, const char *indent,
                        enum schema_group group, const void *base)
{
    for (size_t i = 0; i < schema->count; i++) {
        const struct schema_setting *setting = &schema->settings[i];

        if (setting->group != group)
            continue;
        if (group == SCHEMA_LISTENER &&
            !schema_applies(setting, &((const struct settings_listener *)base)->endpoint))
            continue;
        fprintf(out, "%s%s = ", indent, setting->name);
        print_value(out, setting, base);
        fputs(";\n", out);
    }
}

void dump_settings(const struct schema *schema, const struct settings *settings, FILE *out)
{
    fputs("listeners = (\n", out);
    for (size_t i = 0; i < settings->listener_count; i++) {
        fputs("  {\n", out);
        print_group(out, schema, "    ", SCHEMA_LISTENER, &settings->listeners[i]);
        fputs(i + 1 < settings->listener_count ? "  },\n" : "  }\n", out);
    }
    fputs(");\n\n", out);
    print_group(out, schema, "", SCHEMA_TOP, settings);
    for (enum schema_group group = SCHEMA_LIMITS; group < SCHEMA_GROUPS; group++) {
        fprintf(out, "\n%s = {\n", schema_group_names[group]);
        print_group(out, schema, "  ", group, settings);
        fputs("};\n", out);
    }
}

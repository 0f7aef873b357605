/* The result, as JSON. */
#include "load.h"

#include <stdio.h>

static void put_text(const char *name, const char *text) {
  printf("  \"%s\": \"", name);
  for (; *text; text++) {
    if (*text == '"' || *text == '\\')
      printf("\\%c", *text);
    else if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
      putchar('?');
    else
      putchar(*text);
  }
  printf("\",\n");
}

static void put_latency(const load_histogram *h) {
  static const struct {
    const char *name;
    double part;
  } parts[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}};
  printf("  \"latencyUs\": {\"count\": %llu", (unsigned long long)h->count);
  if (h->count > 0) printf(", \"mean\": %.1f", (double)h->sum_ns / (double)h->count / 1e3);
  for (size_t i = 0; h->count > 0 && i < sizeof parts / sizeof parts[0]; i++)
    printf(", \"%s\": %.1f", parts[i].name,
           (double)load_histogram_quantile_ns(h, parts[i].part) / 1e3);
  printf(", \"max\": %.1f},\n", (double)h->max_ns / 1e3);
}

static void put_counts(const load *l) {
  const load_counts *a = &l->from, *b = &l->measured;
  double seconds = (double)(l->measure_to_ns - l->measure_from_ns) / 1e9;
  const struct {
    const char *name;
    uint64_t count;
  } list[] = {{"requests", b->requests - a->requests}, {"replies", b->replies - a->replies},
              {"offers", b->offers - a->offers},       {"answers", b->answers - a->answers},
              {"signals", b->signals - a->signals},    {"bodyBytes", b->bytes - a->bytes}};
  size_t count = sizeof list / sizeof list[0];
  printf("  \"seconds\": %.3f,\n  \"measured\": {", seconds);
  for (size_t i = 0; i < count; i++)
    printf("%s\"%s\": %llu", i ? ", " : "", list[i].name, (unsigned long long)list[i].count);
  printf("},\n  \"perSecond\": {");
  for (size_t i = 0; i < count; i++)
    printf("%s\"%s\": %.1f", i ? ", " : "", list[i].name, (double)list[i].count / seconds);
  uint64_t messages = list[1].count + list[2].count + list[3].count;
  printf(", \"responses\": %.1f},\n", (double)messages / seconds);
}

static void put_memory(const load *l) {
  double before = (double)l->server[0].rss_bytes, after = (double)l->server[1].rss_bytes;
  printf("  \"memory\": {\"before\": %.0f, \"after\": %.0f, \"perConnection\": %.1f},\n", before,
         after, (after - before) / (double)l->options->connections);
}

void load_report(const load *l) {
  const load_options *o = l->options;
  printf("{\n  \"work\": \"%s\", \"connections\": %u, \"swarms\": %u, \"seed\": %llu,\n",
         l->work->name, o->connections, o->swarm_count, (unsigned long long)o->seed);
  if (!o->idle) {
    if (o->rate > 0) printf("  \"rate\": %.1f,\n", o->rate);
    put_counts(l);
    put_latency(&l->latency);
    printf("  \"unanswered\": %llu,\n",
           (unsigned long long)(l->counts.requests - l->counts.replies));
    if (o->pid) printf("  \"serverCpuS\": %.2f,\n", l->server[2].cpu_s - l->server[1].cpu_s);
    printf("  \"ownCpuS\": %.2f,\n", l->self[1].cpu_s - l->self[0].cpu_s);
  }
  if (o->pid) put_memory(l);
  if (l->lost) put_text("firstLoss", l->first_loss);
  if (l->counts.errors) put_text("firstError", l->first_error);
  printf("  \"lost\": %u, \"errors\": %llu\n}\n", l->lost, (unsigned long long)l->counts.errors);
}

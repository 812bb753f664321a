/*
 * Sends small UDP packets as fast as possible. It writes whole frames to one interface, so that this namespace does no routing.
 *
 *   flood INTERFACE MAC SOURCE DESTINATION ...
 *
 * Source ports (1,024) and destinations are used in turn. It runs until it is killed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>
#include <sys/socket.h>

enum { FLOWS = 1024, BATCH = 64, PAYLOAD = 18 };

struct frame {
    struct ether_header ethernet;
    struct iphdr ip;
    struct udphdr udp;
    char payload[PAYLOAD];
} __attribute__((packed));

static struct frame frames[FLOWS];

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static uint16_t checksum(const void *data, size_t bytes) {
    const uint8_t *byte = data;
    uint32_t sum = 0;
    for (size_t i = 0; i < bytes; i += 2) sum += (uint32_t)byte[i] << 8 | byte[i + 1];
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return htons((uint16_t)~sum);
}

static void fill(struct frame *frame, const uint8_t mac[6], in_addr_t source, in_addr_t destination, int flow) {
    memcpy(frame->ethernet.ether_dhost, mac, 6);
    frame->ethernet.ether_shost[0] = 2; /* locally administered */
    frame->ethernet.ether_type = htons(ETHERTYPE_IP);
    frame->ip.version = 4;
    frame->ip.ihl = 5;
    frame->ip.tot_len = htons(sizeof *frame - sizeof frame->ethernet);
    frame->ip.ttl = 64;
    frame->ip.protocol = IPPROTO_UDP;
    frame->ip.saddr = source;
    frame->ip.daddr = destination;
    frame->ip.check = checksum(&frame->ip, sizeof frame->ip);
    frame->udp.source = htons((uint16_t)(20000 + flow));
    frame->udp.dest = htons(443);
    frame->udp.len = htons(sizeof frame->udp + PAYLOAD); /* its checksum of zero means none */
}

int main(int count, char **words) {
    if (count < 5) {
        fprintf(stderr, "usage: flood INTERFACE MAC SOURCE DESTINATION ...\n");
        return 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* so that it ends with a benchmark that is killed */
    uint8_t mac[6];
    if (sscanf(words[2], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5]) != 6) {
        fprintf(stderr, "flood: %s is not a MAC address\n", words[2]);
        return 2;
    }
    for (int flow = 0; flow < FLOWS; flow++)
        fill(&frames[flow], mac, inet_addr(words[3]), inet_addr(words[4 + flow % (count - 4)]), flow);

    int packets = socket(AF_PACKET, SOCK_RAW, 0);
    if (packets < 0) fail("flood: socket");
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(words[1])};
    if (address.sll_ifindex == 0) fail("flood: interface");
    if (bind(packets, (struct sockaddr *)&address, sizeof address) < 0) fail("flood: bind");
    int yes = 1; /* directly to the device, without a queueing discipline */
    if (setsockopt(packets, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes) < 0) fail("flood: PACKET_QDISC_BYPASS");

    struct iovec parts[FLOWS];
    struct mmsghdr messages[FLOWS];
    memset(messages, 0, sizeof messages);
    for (int flow = 0; flow < FLOWS; flow++) {
        parts[flow] = (struct iovec){&frames[flow], sizeof frames[flow]};
        messages[flow].msg_hdr.msg_iov = &parts[flow];
        messages[flow].msg_hdr.msg_iovlen = 1;
    }
    for (int next = 0;; next = (next + BATCH) % FLOWS)
        if (sendmmsg(packets, &messages[next], BATCH, 0) < 0 && errno != ENOBUFS && errno != EINTR) fail("flood: sendmmsg");
}

//! Which ports a webhook may be received on.
//!
//! Port 80 and 443, and from 1024 up whatever is not known to be something
//! else: a database, a cache, a broker or a control plane takes a line of HTTP
//! for a command, or answers HTTP with more than anybody should be told.

/// Known services, ascending. None lies above 32767: from there on the
/// operating system gives out ports by chance, to receivers as well.
const SERVICES: [u16; 66] = [
    1080,  // SOCKS
    1433,  // SQL Server
    1434,  // SQL Server
    1521,  // Oracle
    1719,  // H.323
    1720,  // H.323
    1723,  // PPTP
    1883,  // MQTT
    2049,  // NFS
    2181,  // ZooKeeper
    2375,  // Docker
    2376,  // Docker
    2377,  // Docker Swarm
    2379,  // etcd
    2380,  // etcd
    3128,  // Squid
    3260,  // iSCSI
    3268,  // Active Directory
    3269,  // Active Directory
    3306,  // MySQL
    3389,  // Remote Desktop
    3659,  // Apple SASL
    4045,  // NFS lock
    4190,  // ManageSieve
    4369,  // Erlang
    5060,  // SIP
    5061,  // SIP
    5432,  // PostgreSQL
    5433,  // PostgreSQL
    5671,  // AMQP
    5672,  // AMQP
    5900,  // VNC
    5984,  // CouchDB
    5985,  // WinRM
    5986,  // WinRM
    6000,  // X11
    6379,  // Redis
    6380,  // Redis
    6432,  // PgBouncer
    6443,  // Kubernetes
    6566,  // SANE
    6665,  // IRC
    6666,  // IRC
    6667,  // IRC
    6668,  // IRC
    6669,  // IRC
    6679,  // IRC
    6697,  // IRC
    7199,  // Cassandra
    8500,  // Consul
    8883,  // MQTT
    9042,  // Cassandra
    9092,  // Kafka
    9160,  // Cassandra
    9200,  // Elasticsearch
    9300,  // Elasticsearch
    10080, // Amanda
    10250, // Kubernetes
    10255, // Kubernetes
    11211, // Memcached
    15672, // RabbitMQ
    25672, // RabbitMQ
    26379, // Redis Sentinel
    27017, // MongoDB
    27018, // MongoDB
    27019, // MongoDB
];

pub(super) fn is_for_webhooks(port: u16) -> bool {
    match port {
        80 | 443 => true,
        0..1024 => false,
        _ => SERVICES.binary_search(&port).is_err(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_services_stand_in_order_below_the_ports_of_chance() {
        assert!(SERVICES.is_sorted_by(|one, next| one < next));
        assert!(SERVICES.iter().all(|port| (1024..32768).contains(port)));
    }

    #[test]
    fn web_servers_may_receive_and_other_services_may_not() {
        for port in [80, 443, 1024, 3000, 5000, 8000, 8080, 8443, 32768, 65535] {
            assert!(is_for_webhooks(port), "{port}");
        }
        for port in [0, 1, 21, 22, 25, 53, 79, 81, 110, 389, 445, 1023] {
            assert!(!is_for_webhooks(port), "{port}");
        }
        for port in SERVICES {
            assert!(!is_for_webhooks(port), "{port}");
        }
    }
}

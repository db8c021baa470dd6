//! Ports, paths, users and folders: each is said in several places, and everywhere the same.

use ringback::config::{Config, Environment};
use serde_json::Value;

use super::{document, documents, image_says, list, pod, replicas, text, unit_says};

const USER: u64 = 65532;

fn port() -> u64 {
    let default = Config::read(&Environment::of_pairs([("PATH", "/bin")])).unwrap();
    default.server.listen.port().into()
}

#[test]
fn everybody_asks_the_port_where_it_listens() {
    let (port, listen) = (port(), format!("0.0.0.0:{}", port()));
    assert_eq!(image_says("EXPOSE"), [port.to_string()]);
    assert!(image_says("ENV")[0].contains(&format!("RINGBACK_LISTEN={listen}")));
    for replica in replicas() {
        assert_eq!(replica["environment"]["RINGBACK_LISTEN"], listen);
    }
    let (container, _) = pod();
    assert_eq!(container["ports"][0]["containerPort"], port);
    for service in documents("deploy/kubernetes/service.yaml") {
        assert_eq!(
            service["spec"]["ports"][0]["targetPort"],
            container["ports"][0]["name"]
        );
    }
    let balancer = text("deploy/haproxy.cfg");
    for name in ["ringback-1", "ringback-2"] {
        assert!(
            balancer.contains(&format!("server {name} {name}:{port}\n")),
            "{name}"
        );
    }
    let prometheus = text("deploy/prometheus/prometheus.yaml");
    assert!(prometheus.contains(&format!("ringback-1:{port}")));
}

#[test]
fn probes_ask_where_there_is_an_answer() {
    let (container, _) = pod();
    let document: Value = serde_json::from_str(&text("openapi/openapi.json")).unwrap();
    let (live, ready) = ("/health/live", "/health/ready");
    let probes = [
        ("startupProbe", live),
        ("livenessProbe", live),
        ("readinessProbe", ready),
    ];
    for (probe, path) in probes {
        assert_eq!(container[probe]["httpGet"]["path"], path, "{probe}");
        assert_eq!(container[probe]["httpGet"]["port"], "http", "{probe}");
        assert!(document["paths"][path].is_object(), "{path}");
    }
    assert!(text("deploy/haproxy.cfg").contains(&format!("option httpchk GET {ready}\n")));
    assert!(image_says("HEALTHCHECK")[0].ends_with(r#"CMD ["/usr/local/bin/ringback", "health"]"#));
}

#[test]
fn nobody_is_root_and_nothing_is_written_but_the_data() {
    assert_eq!(image_says("USER"), [format!("{USER}:{USER}")]);
    assert_eq!(image_says("VOLUME"), ["/data"]);
    let (container, pod) = pod();
    let (ours, pods) = (&container["securityContext"], &pod["securityContext"]);
    assert_eq!(
        (&pods["runAsUser"], &pods["fsGroup"]),
        (&USER.into(), &USER.into())
    );
    assert_eq!(pods["runAsNonRoot"], true);
    assert_eq!(ours["readOnlyRootFilesystem"], true);
    assert_eq!(ours["allowPrivilegeEscalation"], false);
    assert_eq!(ours["capabilities"]["drop"][0], "ALL");
    for replica in replicas() {
        assert_eq!(
            (&replica["read_only"], &replica["cap_drop"][0]),
            (&true.into(), &"ALL".into())
        );
    }
    assert_eq!(unit_says("ProtectSystem"), ["strict"]);
    assert_eq!(unit_says("NoNewPrivileges"), ["yes"]);
    let folder = format!(
        "RINGBACK_DATA_DIR=/var/lib/{}",
        unit_says("StateDirectory")[0]
    );
    assert_eq!(unit_says("Environment"), [folder]);
}

/// Two processes in one data directory: the second would not start.
#[test]
fn each_replica_has_a_volume_of_its_own() {
    let [one, other] = replicas();
    assert_ne!(one["volumes"], other["volumes"]);
    let set = document("deploy/kubernetes/statefulset.yaml");
    let claimed = &set["spec"]["volumeClaimTemplates"][0]["metadata"]["name"];
    let (container, _) = pod();
    let mount = &container["volumeMounts"][0];
    assert_eq!(&mount["name"], claimed);
    let variables = list(&container["env"]);
    let folder = variables
        .iter()
        .find(|variable| variable["name"] == "RINGBACK_DATA_DIR");
    let folder = folder.unwrap()["value"].as_str().unwrap();
    assert!(
        folder.starts_with(&format!("{}/", mount["mountPath"].as_str().unwrap())),
        "{folder}"
    );
}

#[test]
fn the_balancer_is_the_proxy_that_is_trusted() {
    let compose = document("compose.yaml");
    let network = &compose["networks"]["front"]["ipam"]["config"][0]["subnet"];
    for replica in replicas() {
        assert_eq!(&replica["environment"]["RINGBACK_TRUSTED_PROXIES"], network);
    }
    let balancer = text("deploy/haproxy.cfg");
    for line in ["option forwardfor\n", "http-request del-header forwarded\n"] {
        assert!(balancer.contains(line), "{line}");
    }
}

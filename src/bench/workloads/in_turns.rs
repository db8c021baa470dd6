//! Scenes that are compared with each other are measured in turns: a run of the first, one of the
//! second, and again. A machine that others share may be half as fast a minute later, and so all of
//! them meet what it does meanwhile. Each has a server of its own, and only the one whose turn it is
//! runs.

use crate::bench::{
    bed::Bed,
    lab::Lab,
    report::{Benchmark, Case},
    store::Store,
};

pub(super) trait Scene {
    fn name(&self) -> String;

    /// A server that has what the scene is about. What shows at once is noted.
    async fn set_up(&self, lab: &Lab, store: &Store, case: &mut Case) -> anyhow::Result<Bed>;

    /// One run; the server was just started, and is to be warmed up.
    async fn run(&self, lab: &Lab, bed: &mut Bed, case: &mut Case) -> anyhow::Result<()>;
}

/// A scene with its server, which is stopped.
struct Stage<S> {
    /// The others are compared with it.
    is_first: bool,
    scene: S,
    bed: Bed,
    case: Case,
}

impl Benchmark {
    /// Measures the scenes, and compares each with the first.
    pub(super) async fn in_turns<S: Scene>(
        &mut self,
        lab: &Lab,
        store: &Store,
        scenes: Vec<S>,
        compare: impl Fn(&S, &mut Case, &Case),
    ) {
        let failures = self.failures.len();
        let mut stages = Vec::new();
        for (at, scene) in scenes.into_iter().enumerate() {
            let name = Case::new(store, scene.name()).name();
            lab.say(&format!("  {name}"));
            match Stage::open(lab, store, scene, at == 0).await {
                Ok(stage) => stages.push(stage),
                Err(why) => self.broke_off(lab, name, &why),
            }
        }
        for _ in 0..lab.plan.runs {
            let mut still = Vec::new();
            for mut stage in stages {
                match stage.take_turn(lab).await {
                    Ok(()) => still.push(stage),
                    Err(why) => self.broke_off(lab, stage.case.name(), &why),
                }
            }
            stages = still;
        }
        let first = stages.iter().find(|stage| stage.is_first);
        let first = first.map(|stage| stage.case.clone());
        for stage in stages {
            let mut case = stage.case;
            if let Some(first) = first.as_ref().filter(|_| !stage.is_first) {
                compare(&stage.scene, &mut case, first);
            }
            lab.say(&format!("    {}: {}", case.name(), case.line()));
            if let Err(why) = stage.bed.tear_down().await {
                self.broke_off(lab, case.name(), &why);
            }
            self.cases.push(case);
        }
        if self.failures.len() > failures {
            lab.clean_up().await;
        }
    }
}

impl<S: Scene> Stage<S> {
    async fn open(lab: &Lab, store: &Store, scene: S, is_first: bool) -> anyhow::Result<Self> {
        let mut case = Case::new(store, scene.name());
        let mut bed = scene.set_up(lab, store, &mut case).await?;
        bed.stop().await?;
        Ok(Self {
            is_first,
            scene,
            bed,
            case,
        })
    }

    async fn take_turn(&mut self, lab: &Lab) -> anyhow::Result<()> {
        self.bed.start_again().await?;
        self.scene.run(lab, &mut self.bed, &mut self.case).await?;
        self.bed.stop().await
    }
}

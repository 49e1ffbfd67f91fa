//! One thing of each system.

use super::System;

/// One `T` for TestWorthy and one for Azure DevOps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Sides<T> {
    /// TestWorthy's.
    pub testworthy: T,
    /// Azure DevOps'.
    pub azure_devops: T,
}

impl<T> Sides<T> {
    /// From the one of `system` and the other one.
    pub fn of(system: System, own: T, other: T) -> Self {
        match system {
            System::TestWorthy => Self {
                testworthy: own,
                azure_devops: other,
            },
            System::AzureDevOps => Self {
                testworthy: other,
                azure_devops: own,
            },
        }
    }

    /// The one of a system.
    pub fn get(&self, system: System) -> &T {
        match system {
            System::TestWorthy => &self.testworthy,
            System::AzureDevOps => &self.azure_devops,
        }
    }

    /// The one of a system, to be changed.
    pub fn get_mut(&mut self, system: System) -> &mut T {
        match system {
            System::TestWorthy => &mut self.testworthy,
            System::AzureDevOps => &mut self.azure_devops,
        }
    }

    /// Each with its system, TestWorthy first.
    pub fn iter(&self) -> impl Iterator<Item = (System, &T)> {
        [
            (System::TestWorthy, &self.testworthy),
            (System::AzureDevOps, &self.azure_devops),
        ]
        .into_iter()
    }

    /// The same with each changed.
    pub fn map<U>(self, mut change: impl FnMut(System, T) -> U) -> Sides<U> {
        Sides {
            testworthy: change(System::TestWorthy, self.testworthy),
            azure_devops: change(System::AzureDevOps, self.azure_devops),
        }
    }

    /// Each changed places.
    #[must_use]
    pub fn swapped(self) -> Self {
        Self {
            testworthy: self.azure_devops,
            azure_devops: self.testworthy,
        }
    }
}

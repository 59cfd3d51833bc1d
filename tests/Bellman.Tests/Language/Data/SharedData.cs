using Xunit;

namespace Bellman.Tests.Language.Data;

/// <summary>Public data sets that are not part of the repository: tests that need one are skipped, with the reason, where it is absent.</summary>
internal static class SharedData
{
    public static string Require(string relative)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "shared", "data", relative);
            if (File.Exists(path)) { return path; }
        }
        Assert.Skip($"The data file shared/data/{relative} is in no folder above this one.");
        return "";
    }
}
